//! What stands between vfctl and the API server where a scenario wants something to go wrong there: a small HTTP server that
//! hands requests on to `kubectl proxy`, and does the harm that it is told to.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::fault::{Fault, Harm, Order, befalling};
use super::kubectl::Kubectl;
use super::process::must_run;
use super::provider::{ClusterError, host};

/// How long the programs that it starts may take to be there.
const LIMIT: Duration = Duration::from_secs(30);
const CERTIFICATE: &str = include_str!("front-certificate.sh");

/// A server in front of the API server.
#[derive(Debug)]
pub struct Front {
    dir: PathBuf,
    proxy: Child,
    port: u16,
    faults: Arc<Mutex<Vec<Fault>>>,
    /// The server with a certificate of another time.
    of_another_time: Option<Child>,
}

impl Front {
    /// Starts it; what it needs is in a folder.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(kubectl: &Kubectl, dir: &Path) -> Result<Self, ClusterError> {
        let upstream = free_port()?;
        let mut command = kubectl.command(&["proxy", "--port", &upstream.to_string()]);
        let proxy = spawn(&mut command, upstream)?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(host("listen in front of the API server"))?;
        let port = port_of(&listener)?;
        let faults = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&faults);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let faults = Arc::clone(&shared);
                // A connection that breaks is what this is for.
                thread::spawn(move || drop(serve(&stream, upstream, &faults)));
            }
        });
        let front = Self { dir: dir.to_owned(), proxy, port, faults, of_another_time: None };
        front.write_kubeconfig(&format!("http://127.0.0.1:{port}"), "")?;
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
        if let Some(mut server) = self.of_another_time.take() {
            end(&mut server);
        }
        let (begins, ends) = match order {
            Order::Well => {
                self.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
                return self.write_kubeconfig(&format!("http://127.0.0.1:{}", self.port), "");
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
        self.of_another_time = Some(spawn(&mut command, port)?);
        let authority = self.dir.join("ca.crt");
        let authority = format!(", certificate-authority: {}", authority.display());
        self.write_kubeconfig(&format!("https://127.0.0.1:{port}"), &authority)
    }

    fn write_kubeconfig(&self, server: &str, more: &str) -> Result<(), ClusterError> {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: front\n\
             contexts: [{{name: front, context: {{cluster: front, user: front}}}}]\n\
             clusters: [{{name: front, cluster: {{server: \"{server}\"{more}}}}}]\n\
             users: [{{name: front, user: {{}}}}]\n"
        );
        fs::write(self.kubeconfig(), text).map_err(host("write front.conf"))
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        end(&mut self.proxy);
        self.of_another_time.iter_mut().for_each(end);
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

fn end(child: &mut Child) {
    // It may have ended by itself.
    drop(child.kill());
    drop(child.wait());
}

fn port_of(listener: &TcpListener) -> Result<u16, ClusterError> {
    Ok(listener.local_addr().map_err(host("find a port"))?.port())
}

fn free_port() -> Result<u16, ClusterError> {
    port_of(&TcpListener::bind("127.0.0.1:0").map_err(host("find a free port"))?)
}

/// Starts a server and waits until it takes connections.
fn spawn(command: &mut Command, port: u16) -> Result<Child, ClusterError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(host(format!("start {name}")))?;
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if started.elapsed() > LIMIT {
            end(&mut child);
            let said = format!("nothing listens on port {port}");
            return Err(ClusterError::TooSlow { what: name, limit: LIMIT, said });
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(child)
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
    /// The lines of its head, without those about connections.
    head: Vec<String>,
    body: Vec<u8>,
}

fn serve(stream: &TcpStream, upstream: u16, faults: &Mutex<Vec<Fault>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let Some(request) = read_request(&mut reader)? else { return Ok(()) };
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

fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace().map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
        let is_about_connection = ["connection", "host"].iter().any(|word| name.eq_ignore_ascii_case(word));
        if !is_about_connection {
            head.push(line.to_owned());
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { method, target, head, body }))
}

/// Asks the API server; returns its whole answer. It is asked in HTTP/1.0, which knows no chunks.
fn hand_on(request: &Request, upstream: u16) -> std::io::Result<Vec<u8>> {
    let Request { method, target, head, body } = request;
    let mut stream = TcpStream::connect(("127.0.0.1", upstream))?;
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
