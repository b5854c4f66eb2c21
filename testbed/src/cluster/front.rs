//! What stands between vfctl and the API server where a scenario wants something to go wrong there: a small HTTP server that
//! hands requests on to `kubectl proxy`, and does the harm that it is told to.
//!
//! The proxy has the rights of an administrator. Other users of this machine reach neither its socket, which is in a folder of this
//! user alone, nor anything through the server, which asks for a token.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::fault::{Fault, Harm, Order, befalling};
use super::kubectl::Kubectl;
use super::process::{Process, must_run};
use super::provider::{ClusterError, host};

/// How long the programs that it starts may take to be there.
const LIMIT: Duration = Duration::from_secs(30);
const CERTIFICATE: &str = include_str!("front-certificate.sh");

/// A server in front of the API server.
#[derive(Debug)]
pub struct Front {
    dir: PathBuf,
    /// Held, not used: it ends when it is dropped.
    _proxy: Option<Process>,
    port: u16,
    token: String,
    faults: Arc<Mutex<Vec<Fault>>>,
    /// The server with a certificate of another time.
    of_another_time: Option<Process>,
}

/// What a request needs besides itself.
#[derive(Debug)]
struct Way {
    /// The socket of the proxy.
    upstream: PathBuf,
    /// The header by which clients say that they may ask.
    pass: String,
    faults: Arc<Mutex<Vec<Fault>>>,
}

impl Front {
    /// Starts it; what it needs is in a new folder in the given one. It ends with the calling thread.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(kubectl: &Kubectl, scratch: &Path) -> Result<Self, ClusterError> {
        let dir = scratch.join("front");
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(host(format!("make {}", dir.display())))?;
        let socket = dir.join("proxy.sock");
        let words = format!("--unix-socket={}", socket.display());
        let mut proxy = Process::run(&kubectl.command(&["proxy", &words]), &dir)?;
        await_server(&mut proxy, "kubectl proxy", || UnixStream::connect(&socket).is_ok())?;
        Self::before(socket, dir, Some(proxy))
    }

    /// Listens in front of the socket of a proxy.
    fn before(upstream: PathBuf, dir: PathBuf, proxy: Option<Process>) -> Result<Self, ClusterError> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(host("listen in front of the API server"))?;
        let port = port_of(&listener)?;
        let token = token()?;
        let faults = Arc::new(Mutex::new(Vec::new()));
        let pass = format!("Bearer {token}");
        let way = Arc::new(Way { upstream, pass, faults: Arc::clone(&faults) });
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let way = Arc::clone(&way);
                // A connection that breaks is what this is for.
                thread::spawn(move || drop(serve(&stream, &way)));
            }
        });
        let front = Self { dir, _proxy: proxy, port, token, faults, of_another_time: None };
        front.write_own_kubeconfig()?;
        Ok(front)
    }

    /// The kubeconfig by which vfctl asks it.
    pub fn kubeconfig(&self) -> PathBuf {
        self.dir.join("front.conf")
    }

    /// Does what it is told.
    ///
    /// # Errors
    ///
    /// When a certificate cannot be made or shown.
    pub fn obey(&mut self, order: Order) -> Result<(), ClusterError> {
        drop(self.of_another_time.take());
        let (begins, ends) = match order {
            Order::Well => {
                self.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
                return self.write_own_kubeconfig();
            }
            Order::Fault(fault) => {
                self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
                return Ok(());
            }
            Order::Certificate { begins, ends } => (begins, ends),
        };
        let script = self.dir.join("front-certificate.sh");
        fs::write(&script, CERTIFICATE).map_err(host("write front-certificate.sh"))?;
        let mut command = Command::new("bash");
        command.arg(&script).arg(&self.dir).args([date(begins)?, date(ends)?]);
        must_run(&mut command, LIMIT, "front-certificate.sh")?;
        let port = free_port()?;
        let mut command = Command::new("openssl");
        command.current_dir(&self.dir).args(["s_server", "-quiet", "-www", "-cert", "front.crt"]);
        command.args(["-key", "front.key", "-accept", &format!("127.0.0.1:{port}")]);
        let mut server = Process::run(&command, &self.dir)?;
        await_server(&mut server, "openssl s_server", || TcpStream::connect(("127.0.0.1", port)).is_ok())?;
        self.of_another_time = Some(server);
        let authority = self.dir.join("ca.crt");
        let authority = format!(", certificate-authority: {}", authority.display());
        // It is to be refused before anything is said to it.
        self.write_kubeconfig(&format!("https://127.0.0.1:{port}"), &authority, "")
    }

    fn write_own_kubeconfig(&self) -> Result<(), ClusterError> {
        let server = format!("http://127.0.0.1:{}", self.port);
        self.write_kubeconfig(&server, "", &format!("token: {}", self.token))
    }

    fn write_kubeconfig(&self, server: &str, more: &str, user: &str) -> Result<(), ClusterError> {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: front\n\
             contexts: [{{name: front, context: {{cluster: front, user: front}}}}]\n\
             clusters: [{{name: front, cluster: {{server: \"{server}\"{more}}}}}]\n\
             users: [{{name: front, user: {{{user}}}}}]\n"
        );
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(self.kubeconfig());
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(host("write front.conf"))
    }
}

/// A server that takes connections and never says a word; returns its port.
///
/// # Errors
///
/// When it cannot listen.
pub fn silent() -> Result<u16, ClusterError> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(host("listen and be silent"))?;
    let port = port_of(&listener)?;
    thread::spawn(move || {
        let held: Vec<TcpStream> = listener.incoming().flatten().collect();
        drop(held);
    });
    Ok(port)
}

fn port_of(listener: &TcpListener) -> Result<u16, ClusterError> {
    Ok(listener.local_addr().map_err(host("find a port"))?.port())
}

fn free_port() -> Result<u16, ClusterError> {
    port_of(&TcpListener::bind("127.0.0.1:0").map_err(host("find a free port"))?)
}

/// Waits until a server takes connections.
fn await_server(server: &mut Process, name: &str, is_there: impl Fn() -> bool) -> Result<(), ClusterError> {
    let started = Instant::now();
    while !is_there() {
        server.check()?;
        if started.elapsed() > LIMIT {
            let said = "it takes no connections".to_owned();
            return Err(ClusterError::TooSlow { what: name.to_owned(), limit: LIMIT, said });
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// What nobody can guess.
fn token() -> Result<String, ClusterError> {
    let mut bytes = [0_u8; 32];
    let read = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(host("read /dev/urandom"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A date so many hours from now, as openssl takes it.
fn date(hours: i64) -> Result<String, ClusterError> {
    let mut command = Command::new("date");
    command.args(["-u", "-d", &format!("{hours} hours"), "+%Y%m%d%H%M%SZ"]);
    Ok(must_run(&mut command, LIMIT, "date")?.trim().to_owned())
}

/// A request as it came.
struct Request {
    method: String,
    target: String,
    /// The lines of its head, without those about connections and credentials: the proxy has its own.
    head: Vec<String>,
    /// The value of `Authorization`.
    pass: String,
    /// How long the body is.
    length: usize,
    body: Vec<u8>,
}

fn serve(stream: &TcpStream, way: &Way) -> std::io::Result<()> {
    let Way { upstream, pass, faults } = way;
    let mut reader = BufReader::new(stream);
    let Some(mut request) = read_head(&mut reader)? else { return Ok(()) };
    if request.pass != *pass {
        // Before anything else is read or counted.
        (&*stream).write_all(&answer(401, None, 0))?;
        return stream.shutdown(Shutdown::Both);
    }
    request.body = vec![0; request.length];
    reader.read_exact(&mut request.body)?;
    let harm = {
        let mut faults = faults.lock().unwrap_or_else(PoisonError::into_inner);
        befalling(&mut faults, &request.method, &request.target)
    };
    let answer = match harm {
        None => Some(hand_on(&request, upstream)?),
        Some(Harm::Cut) => None,
        Some(Harm::Silence) => {
            // Until the other side has enough of it.
            reader.read_to_end(&mut Vec::new())?;
            None
        }
        Some(Harm::Answer { code, retry_after, ahead }) => Some(answer(code, retry_after, ahead)),
        Some(Harm::DoneThenCut) => hand_on(&request, upstream).map(|_| None)?,
        Some(Harm::CutAfter(bytes)) => Some(cut_short(&hand_on(&request, upstream)?, bytes)),
        Some(Harm::Slow(time)) => {
            thread::sleep(time);
            Some(hand_on(&request, upstream)?)
        }
    };
    if let Some(answer) = answer {
        (&*stream).write_all(&answer)?;
    }
    // Each answer says that the connection ends with it.
    stream.shutdown(Shutdown::Both)
}

/// An answer that promises all of its body and has the first bytes of it.
fn cut_short(answer: &[u8], bytes: usize) -> Vec<u8> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(answer.len());
    let (head, body) = answer.split_at(end);
    let body = body.get(4..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let lines = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("content-length:"));
    let head: String = lines.map(|line| format!("{line}\r\n")).collect();
    let mut cut = format!("{head}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    cut.extend_from_slice(body.get(..bytes).unwrap_or(body));
    cut
}

fn read_head(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace().map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let (mut head, mut pass, mut length) = (Vec::new(), String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
        if name.eq_ignore_ascii_case("authorization") {
            pass = value.trim().to_owned();
        }
        let is_kept = |word: &&str| !name.eq_ignore_ascii_case(word);
        if ["connection", "host", "authorization"].iter().all(is_kept) {
            head.push(line.to_owned());
        }
    }
    Ok(Some(Request { method, target, head, pass, length, body: Vec::new() }))
}

/// Asks the API server; returns its whole answer. It is asked in HTTP/1.0, which knows no chunks.
fn hand_on(request: &Request, upstream: &Path) -> std::io::Result<Vec<u8>> {
    let Request { method, target, head, pass: _, length: _, body } = request;
    let mut stream = UnixStream::connect(upstream)?;
    let head: String = head.iter().map(|line| format!("{line}\r\n")).collect();
    let text = format!("{method} {target} HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n{head}\r\n");
    stream.write_all(text.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

/// An answer in place of the API server's.
fn answer(code: u16, retry_after: Option<u64>, ahead: i64) -> Vec<u8> {
    let body = match code {
        404 => "404 page not found\n".to_owned(),
        _ => format!(
            r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"the front of the testbed says {code}","code":{code}}}"#
        ),
    };
    let later = retry_after.map(|seconds| format!("Retry-After: {seconds}\r\n")).unwrap_or_default();
    let date = Command::new("date")
        .env("LC_ALL", "C")
        .args(["-u", "-d", &format!("{ahead} seconds"), "+%a, %d %b %Y %H:%M:%S GMT"])
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    let length = body.len();
    format!(
        "HTTP/1.1 {code} Any\r\nContent-Type: application/json\r\nDate: {date}\r\n{later}Content-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    /// Writes a kubectl that says how it was called, and listens nowhere.
    const WRITE_KUBECTL: &str = r#"cat >kubectl <<'.' && chmod +x kubectl
#!/bin/sh
echo "$*" >"${0%/*}/called" && exec sleep 60
.
"#;

    /// A front of a proxy that answers each request with the head of it.
    fn front() -> (tempfile::TempDir, Front) {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("proxy.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut asked = String::new();
                while !asked.ends_with("\r\n\r\n") && reader.read_line(&mut asked).unwrap() > 0 {}
                stream.write_all(format!("HTTP/1.0 200 OK\r\n\r\n{asked}").as_bytes()).unwrap();
            }
        });
        let front = Front::before(socket, dir.path().to_owned(), None).unwrap();
        (dir, front)
    }

    fn ask(front: &Front, more: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", front.port)).unwrap();
        write!(stream, "GET /api/v1/nodes HTTP/1.1\r\nHost: front\r\n{more}\r\n").unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        said
    }

    #[test]
    fn only_those_who_have_the_kubeconfig_reach_the_api_server() {
        let (_dir, mut front) = front();
        // One request is to be refused: those of others do not count.
        front.obey(super::super::fault::parse("1 list nodes: answer 503").unwrap()).unwrap();
        for pass in ["", "Authorization: Bearer\r\n", "Authorization: Bearer 00\r\n"] {
            assert!(ask(&front, pass).starts_with("HTTP/1.1 401 "), "{pass}");
        }
        let pass = format!("Authorization: Bearer {}\r\n", front.token);
        assert!(ask(&front, &pass).starts_with("HTTP/1.1 503 "));
        let said = ask(&front, &format!("{pass}Accept: text/plain\r\n"));
        assert!(said.starts_with("HTTP/1.0 200 ") && said.contains("Accept: text/plain\r\n"), "{said}");
        let (path, token) = (front.kubeconfig(), &front.token);
        assert!(token.len() == 64 && fs::read_to_string(&path).unwrap().contains(&format!("token: {token}")));
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        // The proxy has credentials of its own.
        assert!(!said.contains(&front.token), "{said}");
    }

    #[test]
    fn the_proxy_listens_in_a_folder_of_this_user_alone() {
        let dir = tempfile::tempdir().unwrap();
        // Written by a process of its own: what is open for writing here is so in whatever another test starts meanwhile.
        let mut write = Command::new("sh");
        assert!(write.current_dir(dir.path()).args(["-c", WRITE_KUBECTL]).status().unwrap().success());
        let (program, socket) = (dir.path().join("kubectl"), dir.path().join("front/proxy.sock"));
        let (listens, called) = (socket.clone(), dir.path().join("called"));
        let listener = thread::spawn(move || {
            while !fs::read_to_string(&called).unwrap_or_default().ends_with('\n') {
                thread::sleep(Duration::from_millis(5));
            }
            (UnixListener::bind(listens).unwrap(), fs::read_to_string(called).unwrap())
        });
        let front = Front::start(&Kubectl::new(&program, Path::new("none")), dir.path()).unwrap();
        let (_listener, called) = listener.join().unwrap();
        assert_eq!(called, format!("proxy --unix-socket={}\n", socket.display()));
        assert_eq!(fs::metadata(&front.dir).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
