//! Programs of the control plane: started with a log of their own, ended with the one who started them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::provider::{ClusterError, host};

const POLL: Duration = Duration::from_millis(20);
/// How many lines of a log are shown.
const TAIL: usize = 15;

/// How long the children of a program that is ended may take to end by themselves.
const CHILDREN_LIMIT: Duration = Duration::from_secs(10);

/// The commands that run within a limit: those of the whole process, since who ends them knows neither them nor their threads.
static COMMANDS: Mutex<Commands> = Mutex::new(Commands { running: 0, ender: None });

struct Commands {
    running: usize,
    /// The only thread that may run any, once it has ended those of all others.
    ender: Option<ThreadId>,
}

impl Commands {
    fn lock() -> MutexGuard<'static, Self> {
        COMMANDS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn are_over(&self) -> bool {
        self.ender.is_some_and(|ender| ender != thread::current().id())
    }
}

/// Counted as a command that runs.
struct Counted;

impl Counted {
    fn begin(attempt: &str) -> Result<Self, ClusterError> {
        let mut commands = Commands::lock();
        if commands.are_over() {
            return Err(ClusterError::GivenUp { attempt: attempt.to_owned() });
        }
        commands.running += 1;
        Ok(Self)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        Commands::lock().running -= 1;
    }
}

/// Ends the commands of other threads, and waits until they have ended. From now on only the calling thread runs any.
pub(crate) fn end_those_of_others() {
    Commands::lock().ender = Some(thread::current().id());
    while Commands::lock().running > 0 {
        thread::sleep(POLL);
    }
}

/// Whether another thread has ended the commands of this one.
pub(crate) fn is_given_up() -> bool {
    Commands::lock().are_over()
}

/// A program that runs until it is dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts a program; its log is `NAME.log` in the folder of logs.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(program: &Path, arguments: &[String], logs: &Path) -> Result<Self, ClusterError> {
        Self::run(Command::new(program).args(arguments), logs)
    }

    /// Starts a command; its log is `NAME.log` in the folder of logs, after its program. It ends with the calling thread.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn run(command: &Command, logs: &Path) -> Result<Self, ClusterError> {
        let program = Path::new(command.get_program());
        let name = program.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let log = logs.join(format!("{name}.log"));
        let output = File::create(&log).map_err(host(format!("write {}", log.display())))?;
        let errors = output.try_clone().map_err(host(format!("write {}", log.display())))?;
        let child = bound(command)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(host(format!("start setpriv and {name}")))?;
        Ok(Self { name, log, child })
    }

    /// The processes that the program has started itself and that run.
    pub fn child_ids(&self) -> Vec<u32> {
        children_of(self.child.id())
    }

    /// Fails when the program has ended.
    ///
    /// # Errors
    ///
    /// When it has, with what it said last.
    pub fn check(&mut self) -> Result<(), ClusterError> {
        match self.child.try_wait().map_err(host(format!("look after {}", self.name)))? {
            None => Ok(()),
            Some(_) => Err(ClusterError::Ended {
                name: self.name.clone(),
                log: self.log.clone(),
                said: tail(&self.log, TAIL),
            }),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The same command, which does not outlive the thread that starts it, however that ends.
fn bound(command: &Command) -> Command {
    let mut bound = Command::new("setpriv");
    bound.args(["--pdeathsig", "KILL"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => bound.env(name, value),
            None => bound.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        bound.current_dir(dir);
    }
    bound
}

/// The processes that a process has started itself and that run.
fn children_of(id: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    children
        .flat_map(|ids| ids.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Kills a program that starts others, such as docker, and gives these the time to end: what they have asked for is then there, and
/// can be removed.
fn end(child: &mut Child) -> std::io::Result<()> {
    // Stopped, it starts no more of them.
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    kill(id, Signal::SIGSTOP)?;
    let children = children_of(child.id());
    child.kill()?;
    child.wait()?;
    let started = Instant::now();
    while children.iter().any(|id| is_running(*id)) && started.elapsed() < CHILDREN_LIMIT {
        thread::sleep(POLL);
    }
    Ok(())
}

/// Whether a process is there and more than what nobody has waited for.
fn is_running(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// The last lines of a file.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let text = fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}

/// Runs a command to its end; `None` when its time was up and it was killed. It does not outlive this process.
///
/// # Errors
///
/// When it cannot be started or waited for, and when another thread has ended it.
pub(crate) fn run_within(
    command: &mut Command,
    limit: Duration,
    attempt: &str,
) -> Result<Option<Output>, ClusterError> {
    let _counted = Counted::begin(attempt)?;
    // Files, not pipes: nothing waits for a reader.
    let mut stdout = tempfile::tempfile().map_err(host(format!("keep the output of {attempt}")))?;
    let mut stderr = tempfile::tempfile().map_err(host(format!("keep the output of {attempt}")))?;
    let copy = |file: &File| file.try_clone().map_err(host(format!("keep the output of {attempt}")));
    let mut child = bound(command)
        .stdin(Stdio::null())
        .stdout(copy(&stdout)?)
        .stderr(copy(&stderr)?)
        .spawn()
        .map_err(host(format!("run {attempt}")))?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(host(format!("wait for {attempt}")))? {
            break status;
        }
        if is_given_up() {
            end(&mut child).map_err(host(format!("end {attempt}")))?;
            return Err(ClusterError::GivenUp { attempt: attempt.to_owned() });
        }
        if started.elapsed() > limit {
            child.kill().map_err(host(format!("end {attempt}")))?;
            child.wait().map_err(host(format!("wait for {attempt}")))?;
            return Ok(None);
        }
        thread::sleep(POLL);
    };
    let read = |file: &mut File| {
        use std::io::{Read, Seek};
        let mut bytes = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map(|_| bytes)
    };
    let failed = || host(format!("read the output of {attempt}"));
    Ok(Some(Output {
        status,
        stdout: read(&mut stdout).map_err(failed())?,
        stderr: read(&mut stderr).map_err(failed())?,
    }))
}

/// Runs a command that must work; returns what it printed.
///
/// # Errors
///
/// When it fails or takes too long.
pub(crate) fn must_run(
    command: &mut Command,
    limit: Duration,
    attempt: &str,
) -> Result<String, ClusterError> {
    let failed = |said: String| ClusterError::Program { program: attempt.to_owned(), said };
    match run_within(command, limit, attempt)? {
        None => Err(failed(format!("no end after {} s", limit.as_secs()))),
        Some(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Some(output) => Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_ended() {
        let mut command = Command::new("sleep");
        assert!(run_within(command.arg("60"), Duration::from_millis(50), "sleep").unwrap().is_none());
    }

    #[test]
    fn what_fails_is_told_with_its_reason() {
        let mut command = Command::new("sh");
        let error =
            must_run(command.args(["-c", "echo no such thing >&2; exit 3"]), Duration::from_secs(9), "sh");
        assert!(error.unwrap_err().to_string().contains("no such thing"));
    }

    #[test]
    fn a_program_that_ended_is_noticed() {
        let logs = tempfile::tempdir().unwrap();
        let mut process = Process::start(Path::new("/bin/true"), &[], logs.path()).unwrap();
        let started = Instant::now();
        while process.check().is_ok() {
            assert!(started.elapsed() < Duration::from_secs(9));
            thread::sleep(POLL);
        }
    }
}
