//! A small HTTP/1.1 server that gives the answers of a test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use vfctl_cluster::{Access, Cluster};

/// How long a read may take where the server is well.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path and the query.
    pub(crate) target: String,
    pub(crate) body: String,
}

impl Request {
    /// Returns the path without the query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// What the server does then.
#[derive(Debug, Clone)]
pub(crate) enum ServerReply {
    /// It answers with this code and body.
    Say(u16, String),
    /// It answers, and says after how many seconds to come again.
    SayLater(u16, u64),
    /// It closes the connection.
    Cut,
    /// It says nothing.
    Silence,
}

/// Returns an answer with a body.
pub(crate) fn say(code: u16, body: &str) -> ServerReply {
    ServerReply::Say(code, body.to_owned())
}

/// Returns a refusal as API servers write it, with the kind that it is about and fields below `details`.
pub(crate) fn refuse(code: u16, message: &str, about: &str, causes: &str) -> ServerReply {
    let message = message.replace('"', "\\\"").replace('\n', "\\n");
    ServerReply::Say(
        code,
        format!(
            r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"{message}","reason":"Any","details":{{"kind":"{about}","causes":[{causes}]}},"code":{code}}}"#
        ),
    )
}

/// A server, and what it was asked.
pub(crate) struct Server {
    pub(crate) folder: TempDir,
    asked: Arc<Mutex<Vec<Request>>>,
    port: u16,
}

impl Server {
    /// Starts a server that answers each request so; the number says how many requests of this kind came before.
    pub(crate) fn start(answer: impl Fn(&Request, usize) -> ServerReply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (of_server, answer) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (asked, answer) = (Arc::clone(&of_server), Arc::clone(&answer));
                std::thread::spawn(move || serve(&stream, &asked, &*answer));
            }
        });
        Self { folder: TempDir::new().expect("a folder"), asked, port }
    }

    /// Returns what was asked so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().expect("no panic").clone()
    }

    /// Writes a kubeconfig for this server.
    pub(crate) fn kubeconfig(&self, scheme: &str) -> PathBuf {
        kubeconfig(&self.folder, &format!("{scheme}://127.0.0.1:{}", self.port))
    }

    /// Returns the cluster that the kubeconfig for this server names.
    pub(crate) fn cluster(&self) -> Cluster {
        let access = Access { kubeconfig: Some(self.kubeconfig("http")), context: None };
        Cluster::connect(&access).expect("a cluster")
    }
}

/// Writes a kubeconfig for a server.
pub(crate) fn kubeconfig(folder: &TempDir, server: &str) -> PathBuf {
    let file = folder.path().join("config");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: one\n\
         contexts: [{{name: one, context: {{cluster: c, user: u}}}}, {{name: lost, context: {{cluster: gone, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: \"{server}\"}}}}]\n\
         users: [{{name: u, user: {{token: secret}}}}]\n"
    );
    std::fs::write(&file, text).expect("a file");
    file
}

fn serve(stream: &TcpStream, asked: &Mutex<Vec<Request>>, answer: &dyn Fn(&Request, usize) -> ServerReply) {
    let mut first = [0];
    if stream.peek(&mut first).is_ok() && first == [0x16] {
        // A TLS handshake.
        let _ = (&*stream).write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        return;
    }
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let same = |other: &&Request| other.method == request.method && other.target == request.target;
        let before = {
            let mut asked = asked.lock().expect("no panic");
            let before = asked.iter().filter(same).count();
            asked.push(request.clone());
            before
        };
        let (code, later, body) = match answer(&request, before) {
            ServerReply::Say(code, body) => (code, String::new(), body),
            ServerReply::SayLater(code, seconds) => {
                (code, format!("Retry-After: {seconds}\r\n"), String::new())
            }
            ServerReply::Cut => return,
            ServerReply::Silence => {
                let _ = reader.read(&mut first);
                return;
            }
        };
        let head = format!("HTTP/1.1 {code} Any\r\nContent-Type: application/json\r\n{later}");
        let text = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        if (&*stream).write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, target, body: String::from_utf8(body).ok()? })
}
