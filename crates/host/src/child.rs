//! Children of this program for what can hang in the kernel: they can be left behind, threads cannot.
//!
//! A store into sysfs and a read that takes a device's lock sleep without end where a driver waits for its
//! user. The program starts itself again with a hidden first argument; the child does the work and writes
//! each result as it comes; the parent waits as long as it may and then goes on without it.

use std::collections::BTreeSet;
use std::ffi::{CStr, OsStr, OsString};
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// The hidden first argument of a child that stores.
pub(crate) const STORE: &str = "__store";
/// The hidden first argument of a child that reads.
const READ: &str = "__read";
/// What `/proc/*/comm` says of such a child.
pub(crate) const CHILD_NAME: &CStr = c"vfctl-store";

/// One write of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Store {
    pub(crate) path: PathBuf,
    pub(crate) value: String,
    pub(crate) when: When,
}

/// When a write is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// If all before it went well.
    ThenOnly,
    /// In any case: it takes something back.
    Always,
}

/// What became of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    Done,
    /// The kernel's error number, where it is the kernel's.
    Failed(Option<i32>),
    /// One before it failed.
    Skipped,
}

/// How a child came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Returned<T> {
    /// With the results of all.
    Whole(Vec<T>),
    /// Not in time: it has these results and still works on the next.
    Left { results: Vec<T>, pid: u32 },
    /// Dead, with the results up to then.
    Dead(Vec<T>),
}

/// Starts children and knows those that are waited for.
#[derive(Debug)]
pub(crate) struct Children {
    executable: PathBuf,
    waited_for: Mutex<BTreeSet<u32>>,
}

impl Children {
    /// Returns the starter of children that are this executable.
    pub(crate) fn new(executable: PathBuf) -> Self {
        Self { executable, waited_for: Mutex::default() }
    }

    /// Returns whether somebody in this process waits for the child.
    pub(crate) fn waits_for(&self, pid: u32) -> bool {
        self.waited_for.lock().is_ok_and(|pids| pids.contains(&pid))
    }

    /// Writes in order; returns after `limit` at the latest.
    pub(crate) fn store(&self, stores: &[Store], limit: Duration) -> io::Result<Returned<Stored>> {
        let arguments = stores.iter().flat_map(|store| {
            let when = match store.when {
                When::ThenOnly => "then",
                When::Always => "always",
            };
            [OsStr::new(when), store.path.as_os_str(), OsStr::new(&store.value)]
        });
        let returned = self.run(STORE, arguments, limit)?;
        Ok(returned.each(stores.len(), |line| match line {
            "ok" => Stored::Done,
            "skipped" => Stored::Skipped,
            number => Stored::Failed(number.parse().ok()),
        }))
    }

    /// Reads the first line of each file; returns after `limit` at the latest. A file that could not be read
    /// gives its error number.
    pub(crate) fn read(
        &self,
        paths: &[PathBuf],
        limit: Duration,
    ) -> io::Result<Returned<Result<String, i32>>> {
        let returned = self.run(READ, paths.iter().map(|path| path.as_os_str()), limit)?;
        Ok(returned.each(paths.len(), |line| match line.split_at_checked(1) {
            Some(("=", text)) => Ok(text.to_owned()),
            Some((_, number)) => Err(number.parse().unwrap_or(0)),
            None => Err(0),
        }))
    }

    fn run<'a>(
        &self,
        work: &str,
        arguments: impl Iterator<Item = &'a OsStr>,
        limit: Duration,
    ) -> io::Result<Raw> {
        let end = Instant::now() + limit;
        let mut child = Command::new(&self.executable)
            .arg(work)
            .args(arguments)
            .env_clear()
            .current_dir("/")
            // Ctrl-C is for the parent to handle.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let pid = child.id();
        let _waiting = Waiting::new(&self.waited_for, pid);
        let mut output = Vec::new();
        let ended = match child.stdout.take() {
            Some(stdout) => read_until(stdout, end, &mut output)?,
            None => true,
        };
        if ended {
            child.wait()?;
        }
        Ok(Raw { output: String::from_utf8_lossy(&output).into_owned(), ended, pid })
    }
}

/// A child that is waited for, as long as this lives.
struct Waiting<'a> {
    pids: &'a Mutex<BTreeSet<u32>>,
    pid: u32,
}

impl<'a> Waiting<'a> {
    fn new(pids: &'a Mutex<BTreeSet<u32>>, pid: u32) -> Self {
        if let Ok(mut pids) = pids.lock() {
            pids.insert(pid);
        }
        Self { pids, pid }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Ok(mut pids) = self.pids.lock() {
            pids.remove(&self.pid);
        }
    }
}

/// What a child wrote, and whether it came to its end.
struct Raw {
    output: String,
    ended: bool,
    pid: u32,
}

impl Raw {
    fn each<T>(self, wanted: usize, read: impl Fn(&str) -> T) -> Returned<T> {
        let whole_lines = self.output.rsplit_once('\n').map_or("", |(lines, _)| lines);
        let results: Vec<T> = match whole_lines {
            "" => Vec::new(),
            lines => lines.split('\n').map(read).collect(),
        };
        match (self.ended, results.len() == wanted) {
            (_, true) => Returned::Whole(results),
            (true, false) => Returned::Dead(results),
            (false, false) => Returned::Left { results, pid: self.pid },
        }
    }
}

/// Reads until the other end closes; returns false where that did not come in time.
fn read_until(mut pipe: impl Read + AsFd, end: Instant, output: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = [0; 4096];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        // Round up, so as not to turn in circles within the last millisecond.
        let timeout = PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(0) if left.is_zero() => return Ok(false),
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => match pipe.read(&mut buffer)? {
                0 => return Ok(true),
                length => output.extend(buffer.get(..length).unwrap_or_default()),
            },
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Does a child's work where the arguments (without the program's name) are a child's, and returns its exit
/// code; `None` where they are not. To be called first of all in `main`.
pub fn run_store_child(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter();
    let work = arguments.next()?;
    if work == STORE {
        // Without its name only the search for stuck writes would miss it.
        let _ = nix::sys::prctl::set_name(CHILD_NAME);
        Some(store_all(arguments))
    } else if work == READ {
        Some(read_all(arguments))
    } else {
        None
    }
}

fn store_all(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let mut failed = false;
    while let (Some(when), Some(path), Some(value)) = (arguments.next(), arguments.next(), arguments.next()) {
        let result = if failed && when != "always" {
            "skipped".to_owned()
        } else {
            match store(Path::new(&path), &value) {
                Ok(()) => "ok".to_owned(),
                Err(error) => {
                    failed = true;
                    error.raw_os_error().map_or_else(|| "error".to_owned(), |errno| errno.to_string())
                }
            }
        };
        // Without a parent to hear it there is no need to stop: what is left may take something back.
        drop(say(&result));
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Writes in one call and makes no file where there is none: the kernel's attributes are made by the kernel.
fn store(path: &Path, value: &OsStr) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let written = file.write(value.as_encoded_bytes())?;
    if written == value.len() { Ok(()) } else { Err(io::Error::from(io::ErrorKind::WriteZero)) }
}

fn read_all(paths: impl Iterator<Item = OsString>) -> ExitCode {
    for path in paths {
        let line = match std::fs::read_to_string(&path) {
            Ok(text) => format!("={}", text.lines().next().unwrap_or_default()),
            Err(error) => format!("!{}", error.raw_os_error().unwrap_or_default()),
        };
        if say(&line).is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn say(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}
