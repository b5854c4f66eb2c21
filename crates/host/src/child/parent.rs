//! The parent's half: starting children, and waiting for them as long as may be.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use vfctl_model::{DeviceAddress, EswitchSetting};

use super::frames::Frame;
use super::words::{
    ALWAYS, ESWITCH, FIRMWARE, LINE, OPEN, READ, RELAY, Read as Asked, Returned, STORE, SWITCH, Store,
    Stored, Switched, THEN, TRAFFIC, WasRead, When, unescaped,
};

/// Starts children and knows those that are waited for.
#[derive(Debug)]
pub(crate) struct Children {
    executable: PathBuf,
    waited_for: Mutex<BTreeSet<u32>>,
    reader: Slot,
}

/// The reader of a relay, while nobody reads by it.
pub(crate) type Slot = Arc<Mutex<Option<Reader>>>;

impl Children {
    /// Returns the starter of children that are this executable, and reads by the relay's reader where that is free: to start
    /// a child takes milliseconds.
    pub(crate) fn new(executable: PathBuf, reader: Slot) -> Self {
        Self { executable, waited_for: Mutex::default(), reader }
    }

    /// Returns whether somebody in this process waits for the child.
    pub(crate) fn waits_for(&self, pid: u32) -> bool {
        self.waited_for.lock().is_ok_and(|pids| pids.contains(&pid))
    }

    /// Writes in order; returns after `limit` at the latest.
    pub(crate) fn store(&self, stores: &[Store], limit: Duration) -> io::Result<Returned<Stored>> {
        let arguments = stores.iter().flat_map(|store| {
            let when = match store.when {
                When::ThenOnly => THEN,
                When::Always => ALWAYS,
            };
            [OsStr::new(when), store.path.as_os_str(), OsStr::new(&store.value)]
        });
        Ok(self.start(STORE, arguments)?.finish(limit).each(stores.len(), Stored::of))
    }

    /// Reads in order; returns after `limit` at the latest.
    pub(crate) fn read(&self, reads: &[Asked], limit: Duration) -> io::Result<Returned<WasRead>> {
        Ok(self.start_reading(reads)?.finish(limit))
    }

    /// Begins to read in order.
    pub(crate) fn start_reading(&self, reads: &[Asked]) -> io::Result<Reading<'_>> {
        let words = reads.iter().flat_map(|read| match read {
            Asked::FirstLine(path) => [OsStr::new(LINE), path.as_os_str()],
            Asked::Eswitch(device) => [OsStr::new(ESWITCH), OsStr::new(device)],
            Asked::Firmware(interface) => [OsStr::new(FIRMWARE), OsStr::new(interface.as_str())],
            Asked::Opens(path) => [OsStr::new(OPEN), path.as_os_str()],
        });
        let wanted = reads.len();
        let free = self.reader.lock().ok().and_then(|mut reader| reader.take());
        if let Some(mut reader) = free {
            match reader.ask(words.clone()) {
                Asking::Begun => return Ok(Reading(By::Relay { reader, slot: &self.reader, wanted })),
                Asking::NotNow => keep(&self.reader, reader),
                Asking::Never => {}
            }
        }
        Ok(Reading(By::Child(self.start(READ, words)?, wanted)))
    }

    /// Sets something on a device's embedded switch; returns after `limit` at the latest.
    pub(crate) fn switch(
        &self,
        device: &DeviceAddress,
        setting: EswitchSetting,
        limit: Duration,
    ) -> io::Result<Returned<Switched>> {
        let arguments = [device.to_string(), setting.word().to_owned(), setting.value()];
        Ok(self.start(SWITCH, arguments.iter().map(OsStr::new))?.finish(limit).each(1, Switched::of))
    }

    /// Starts a child that sends packets between interfaces, and gives them back where its input ends.
    pub(crate) fn start_traffic(&self, words: &[String]) -> io::Result<Child> {
        command(&self.executable, TRAFFIC).args(words).stdin(Stdio::piped()).spawn()
    }

    fn start<'a>(&self, work: &str, arguments: impl Iterator<Item = &'a OsStr>) -> io::Result<Running<'_>> {
        let child = command(&self.executable, work).args(arguments).stdin(Stdio::null()).spawn()?;
        let waiting = Waiting::new(&self.waited_for, child.id());
        Ok(Running { child, waiting })
    }
}

/// Returns how a child is started: with nothing of the user's, and nothing of the terminal's.
fn command(executable: &Path, work: &str) -> Command {
    let mut command = Command::new(executable);
    // Ctrl-C is for the parent to handle.
    command.arg(work).env_clear().process_group(0).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// How much fits into the way to a relay, in bytes: what is asked of a thousand VFs.
const PIPE: i32 = 1 << 20;

/// A relay, by which its parent speaks to it.
#[derive(Debug)]
pub(crate) struct StartedRelay {
    pub(crate) child: Child,
    pub(crate) input: Arc<Mutex<Input>>,
    pub(crate) output: ChildStdout,
    pub(crate) reader: Reader,
}

/// Starts a relay.
pub(crate) fn start_relay(executable: &Path) -> io::Result<StartedRelay> {
    let mut child = command(executable, RELAY).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
        (Some(input), Some(output), Some(results)) => {
            // Half of it: so much is taken in one go while the relay is at something else.
            let _ = fcntl(&input, FcntlArg::F_SETPIPE_SZ(PIPE));
            let room = fcntl(&input, FcntlArg::F_GETPIPE_SZ).ok().and_then(|room| usize::try_from(room).ok());
            let room = room.unwrap_or_default() / 2;
            let input = Arc::new(Mutex::new(Input { pipe: input, is_busy: false }));
            let results = BufReader::new(Bounded::new(results));
            let reader = Reader { pid: child.id(), input: Arc::clone(&input), room, results };
            Ok(StartedRelay { child, input, output, reader })
        }
        _ => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
    }
}

/// The thread of a relay that reads.
#[derive(Debug)]
pub(crate) struct Reader {
    pid: u32,
    input: Arc<Mutex<Input>>,
    /// How many bytes can be asked for without waiting for the relay.
    room: usize,
    results: BufReader<Bounded<ChildStderr>>,
}

impl Reader {
    /// Asks for reads. Not while the relay sends: they would wait behind what a driver takes its time for.
    fn ask<'a>(&mut self, words: impl Iterator<Item = &'a OsStr>) -> Asking {
        let words: Option<Vec<String>> = words.map(|word| word.to_str().map(str::to_owned)).collect();
        let fit = |words: &Vec<String>| words.iter().map(|word| word.len() + 1).sum::<usize>() < self.room;
        let Some(words) = words.filter(fit) else { return Asking::NotNow };
        let Ok(mut input) = self.input.lock() else { return Asking::Never };
        if input.is_busy {
            return Asking::NotNow;
        }
        match Frame::Read(words).write(&mut input.pipe) {
            Ok(()) => Asking::Begun,
            Err(_) => Asking::Never,
        }
    }

    /// Hears so many results, no longer than `limit`; the reader is none any more where it did not say all of them.
    fn hear(mut self, wanted: usize, limit: Duration) -> (Returned<WasRead>, Option<Self>) {
        self.results.get_mut().end_at(Instant::now() + limit);
        let mut results = Vec::with_capacity(wanted);
        let mut line = String::new();
        while results.len() < wanted {
            line.clear();
            match self.results.read_line(&mut line) {
                Ok(_) if line.ends_with('\n') => {
                    results.push(WasRead::of(&unescaped(line.trim_end_matches('\n'))));
                }
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return (Returned::Left { results, pid: self.pid }, None);
                }
                Ok(_) | Err(_) => return (Returned::Dead(results), None),
            }
        }
        (Returned::Whole(results), Some(self))
    }
}

/// What comes of asking a reader.
enum Asking {
    /// It reads.
    Begun,
    /// It does not take these, or has no time.
    NotNow,
    /// It has ended.
    Never,
}

/// Puts a reader back to where it waits for work.
fn keep(slot: &Slot, reader: Reader) {
    if let Ok(mut slot) = slot.lock() {
        *slot = Some(reader);
    }
}

/// The way to a relay.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) pipe: ChildStdin,
    /// Whether it sends something, and hears nothing until that is done.
    pub(crate) is_busy: bool,
}

/// Reads that are under way.
#[derive(Debug)]
pub(crate) struct Reading<'a>(By<'a>);

/// Who reads.
#[derive(Debug)]
enum By<'a> {
    /// A child of its own, so many things.
    Child(Running<'a>, usize),
    /// The relay's reader, which goes back to its place afterwards.
    Relay { reader: Reader, slot: &'a Slot, wanted: usize },
}

impl Reading<'_> {
    /// Waits for the results, no longer than `limit`.
    pub(crate) fn finish(self, limit: Duration) -> Returned<WasRead> {
        match self.0 {
            By::Child(child, wanted) => child.finish(limit).each(wanted, WasRead::of),
            By::Relay { reader, slot, wanted } => {
                let (returned, reader) = reader.hear(wanted, limit);
                if let Some(reader) = reader {
                    keep(slot, reader);
                }
                returned
            }
        }
    }
}

/// A child at work.
#[derive(Debug)]
struct Running<'a> {
    child: Child,
    waiting: Waiting<'a>,
}

impl Running<'_> {
    /// Waits until the child ends, no longer than `limit`. One that cannot be listened to is left like one that does not
    /// come back: it was begun, and nobody knows how far it is.
    fn finish(self, limit: Duration) -> Raw {
        let Self { mut child, waiting: _waiting } = self;
        let end = Instant::now() + limit;
        let mut output = Vec::new();
        let ended =
            child.stdout.take().is_none_or(|stdout| read_until(stdout, end, &mut output).unwrap_or(false));
        if ended {
            // What it has said is known, also where its exit is not.
            drop(child.wait());
        }
        Raw { output: String::from_utf8_lossy(&output).into_owned(), ended, pid: child.id() }
    }
}

/// A child that is waited for, as long as this lives.
#[derive(Debug)]
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
            lines => lines.split('\n').map(|line| read(&unescaped(line))).collect(),
        };
        match (self.ended, results.len() == wanted) {
            (_, true) => Returned::Whole(results),
            (true, false) => Returned::Dead(results),
            (false, false) => Returned::Left { results, pid: self.pid },
        }
    }
}

/// Reads until the other end closes; returns false where that did not come in time.
fn read_until(pipe: impl Read + AsFd, end: Instant, output: &mut Vec<u8>) -> io::Result<bool> {
    let mut pipe = Bounded { pipe, end };
    match pipe.read_to_end(output) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(false),
        Err(error) => Err(error),
    }
}

/// A pipe that is read until a moment and no longer.
#[derive(Debug)]
pub(crate) struct Bounded<P> {
    pipe: P,
    end: Instant,
}

impl<P> Bounded<P> {
    /// Returns the pipe, of which nothing is waited for yet.
    pub(crate) fn new(pipe: P) -> Self {
        Self { pipe, end: Instant::now() }
    }

    /// Says until when what is to come is waited for.
    pub(crate) fn end_at(&mut self, end: Instant) {
        self.end = end;
    }
}

/// Fails with [`io::ErrorKind::TimedOut`] once the moment has come.
impl<P: Read + AsFd> Read for Bounded<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.end.saturating_duration_since(Instant::now());
            // Round up, so as not to turn in circles within the last millisecond.
            let timeout = PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
            match poll(&mut [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)], timeout) {
                Ok(0) if left.is_zero() => return Err(io::Error::from(io::ErrorKind::TimedOut)),
                Ok(0) | Err(nix::errno::Errno::EINTR) => {}
                Ok(_) => return self.pipe.read(buffer),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}
