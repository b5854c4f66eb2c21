//! The guest's half: runs what the host asks, several things at a time.
//!
//! It is the same program as the host's, copied through the share. A command's
//! output goes to files, so that a process which a command leaves behind holds
//! nothing up.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::protocol::{Ask, Ending, PORT, Reply};

/// How long a killed command may take to go away.
const GRACE: Duration = Duration::from_secs(3);
/// Where outputs are kept while a command runs.
const OUTPUTS: &str = "/run/testbed/outputs";

/// Why the agent stopped.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The virtio port is not there.
    #[error("find the virtio port {PORT} in /sys/class/virtio-ports")]
    NoPort,
    /// The port cannot be opened, read or written.
    #[error("talk to the host through {port}")]
    Port {
        /// The device file.
        port: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

/// The commands that run now: id and process group.
type Running = Arc<Mutex<std::collections::BTreeMap<u64, Pid>>>;

/// Where answers go; a line is written as a whole.
#[derive(Clone)]
struct Answers(Arc<Mutex<File>>);

impl Answers {
    fn send(&self, answer: &Reply) {
        let line = serde_json::to_string(answer).unwrap_or_else(|error| {
            format!("{{\"answer\":\"failed\",\"id\":null,\"why\":\"an answer cannot be written: {error}\"}}")
        });
        let mut port = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = port.write_all(format!("{line}\n").as_bytes()) {
            // The console is all that is left to complain to.
            eprintln!("testbed: the agent cannot answer: {error}");
        }
    }
}

/// Serves the host until the guest ends.
///
/// # Errors
///
/// When the port is missing or cannot be used.
pub fn serve() -> Result<(), AgentError> {
    let port = find_port().ok_or(AgentError::NoPort)?;
    let failed = |source| AgentError::Port { port: port.clone(), source };
    fs::create_dir_all(OUTPUTS).map_err(failed)?;
    let file = OpenOptions::new().read(true).write(true).open(&port).map_err(failed)?;
    let answers = Answers(Arc::new(Mutex::new(file.try_clone().map_err(failed)?)));
    let running = Running::default();
    answers.send(&Reply::Ready);

    let mut reader = BufReader::new(file);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).map_err(failed)? == 0 {
            // Nobody has the host's end open.
            thread::sleep(Duration::from_millis(50));
            continue;
        }
        match serde_json::from_str::<Ask>(&line) {
            Ok(Ask::Run { id, command, dir, limit_ms }) => {
                let (answers, running) = (answers.clone(), running.clone());
                thread::spawn(move || {
                    let limit = Duration::from_millis(limit_ms);
                    answers.send(&run(id, &command, Path::new(&dir), limit, &running));
                });
            }
            Ok(Ask::Signal { id, signal }) => send_signal(id, signal, &running, &answers),
            Err(error) => {
                answers.send(&Reply::Failed { id: None, why: format!("the request cannot be read: {error}") })
            }
        }
    }
}

fn find_port() -> Option<PathBuf> {
    fs::read_dir("/sys/class/virtio-ports").ok()?.flatten().find_map(|entry| {
        let name = fs::read_to_string(entry.path().join("name")).ok()?;
        (name.trim() == PORT).then(|| Path::new("/dev").join(entry.file_name()))
    })
}

fn send_signal(id: u64, signal: i32, running: &Running, answers: &Answers) {
    let group = running.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
    let why = match (group, Signal::try_from(signal)) {
        (None, _) => "it does not run".to_owned(),
        (_, Err(_)) => format!("no signal has the number {signal}"),
        (Some(group), Ok(signal)) => match killpg(group, signal) {
            Ok(()) => return,
            Err(error) => format!("send {signal}: {error}"),
        },
    };
    answers.send(&Reply::Failed { id: Some(id), why });
}

fn run(id: u64, command: &str, dir: &Path, limit: Duration, running: &Running) -> Reply {
    let failed = |why: String| Reply::Failed { id: Some(id), why };
    let outputs = [format!("{OUTPUTS}/{id}.out"), format!("{OUTPUTS}/{id}.err")];
    let [stdout_path, stderr_path] = &outputs;
    let child = match start(command, dir, stdout_path, stderr_path) {
        Ok(child) => child,
        Err(error) => return failed(format!("start a shell in {}: {error}", dir.display())),
    };
    let Ok(group) = i32::try_from(child.id()).map(Pid::from_raw) else {
        return failed("its process number is out of range".to_owned());
    };
    running.lock().unwrap_or_else(PoisonError::into_inner).insert(id, group);
    let ending = await_end(child, group, limit);
    running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    let ending = match ending {
        Ok(ending) => ending,
        Err(error) => return failed(format!("wait for it: {error}")),
    };
    match (take(stdout_path), take(stderr_path)) {
        (Ok(stdout), Ok(stderr)) => Reply::Ended { id, ending, stdout, stderr },
        (Err(error), _) | (_, Err(error)) => failed(format!("read its output: {error}")),
    }
}

fn start(command: &str, dir: &Path, stdout: &str, stderr: &str) -> io::Result<Child> {
    Command::new("/bin/sh")
        .args(["-c", command])
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(File::create(stdout)?)
        .stderr(File::create(stderr)?)
        // A group of its own: a signal reaches all its processes and no others.
        .process_group(0)
        .spawn()
}

/// The text of an output file, which is deleted.
fn take(path: &str) -> io::Result<String> {
    let bytes = fs::read(path)?;
    fs::remove_file(path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn await_end(mut child: Child, group: Pid, limit: Duration) -> io::Result<Ending> {
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || {
        // The receiver gives up on a process that is stuck in the kernel.
        drop(sender.send(child.wait()));
    });
    if let Ok(status) = ended.recv_timeout(limit) {
        return status.map(|status| Ending::Exit { code: exit_code(status) });
    }
    // Gone in this very moment is as good as killed.
    if killpg(group, Signal::SIGKILL).is_err() {
        // Gone in this very moment: the wait below says so.
    }
    match ended.recv_timeout(GRACE) {
        Ok(status) => status.map(|_| Ending::TimedOut),
        Err(_) => Ok(Ending::Stuck { stacks: stacks_of(group) }),
    }
}

fn exit_code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// The kernel stacks of a process group's members.
fn stacks_of(group: Pid) -> String {
    let mut text = String::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let folder = entry.path();
        let Ok(stat) = fs::read_to_string(folder.join("stat")) else { continue };
        // After the name in parentheses: state, parent, process group.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        if fields.split_whitespace().nth(2) != Some(group.to_string().as_str()) {
            continue;
        }
        let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
        let stack = fs::read_to_string(folder.join("stack")).unwrap_or_else(|error| error.to_string());
        text.push_str(&format!("{} {}\n{stack}", entry.file_name().display(), name.trim()));
    }
    text
}
