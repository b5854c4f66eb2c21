//! The relay: a child that holds a netlink socket, asked in this process and left behind where the kernel keeps it.

use std::io::{self, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::child::{Answers, Bounded, Frame, Input, Slot, StartedRelay, start_relay};

/// How many requests a socket may send.
const SEQUENCES: u32 = 1 << 20;

/// How much of an answer is read at once, in bytes.
const BUFFER: usize = 256 << 10;

/// Why a request was not answered in time.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "the kernel has not answered within {}: pid {pid} still waits; most likely a driver holds the lock of all network interfaces (rtnl); see the kernel log", seconds(*.limit)
)]
pub(crate) struct Unanswered {
    pid: u32,
    limit: Duration,
}

/// A relay, which is started when it is first needed, and ends with this.
#[derive(Debug)]
pub(crate) struct Relay {
    executable: PathBuf,
    /// Where its reader waits for work.
    reader: Slot,
    /// Whether another may be started for any request. One that has gone to another namespace takes its place along.
    restarts: bool,
    /// The first sequence number that no socket has had: all speak by one socket of the kernel.
    sequence: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Idle,
    Running(Running),
    /// It was waited for in vain. As long as it is there the kernel answers nobody else either.
    Left(Child, Unanswered),
}

#[derive(Debug)]
struct Running {
    child: Child,
    input: Arc<Mutex<Input>>,
    output: BufReader<Bounded<ChildStdout>>,
}

impl Relay {
    /// Returns a relay that is this executable, and is not started yet.
    pub(crate) fn new(executable: PathBuf, reader: Slot) -> Self {
        Self {
            executable,
            reader,
            restarts: true,
            sequence: AtomicU32::new(0),
            state: Mutex::new(State::Idle),
        }
    }

    /// Returns a relay that visits other network namespaces: it is started to enter one, and nobody reads by it.
    pub(crate) fn visiting(executable: PathBuf) -> Self {
        Self { restarts: false, ..Self::new(executable, Slot::default()) }
    }

    /// Returns the first of many sequence numbers that are one socket's alone.
    pub(super) fn sequence(&self) -> u32 {
        self.sequence.fetch_add(SEQUENCES, Ordering::Relaxed)
    }

    /// Ends a relay that is at nothing, and returns once it has gone: as long as it is in a namespace, the namespace stays,
    /// and the interfaces in it do not come back.
    pub(crate) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Running(Running { child, .. }) = &mut *state {
            // By a signal: its reader keeps the way in open.
            drop(child.kill());
            drop(child.wait());
            *state = State::Idle;
        }
    }

    /// Goes to the network namespace at this path.
    ///
    /// # Errors
    /// Where it cannot be entered.
    pub(crate) fn enter(&self, path: &Path, limit: Duration) -> Result<(), super::NetlinkError> {
        let answer = self.ask(&Frame::Enter(path.as_os_str().as_bytes().to_vec()), limit)?;
        Ok(answer.into_iter().find_map(Result::err).map_or(Ok(()), Err)?)
    }

    /// Sends these messages in one call and returns the answer, errors in the middle of it. One request is under way at
    /// a time; `limit` begins with it.
    pub(super) fn send(
        &self,
        bytes: &[u8],
        answers: Answers,
        limit: Duration,
    ) -> Result<Vec<io::Result<Vec<u8>>>, super::NetlinkError> {
        self.ask(&Frame::Send(answers, bytes.to_vec()), limit)
    }

    /// Starts it, so that who asks first need not wait for that; where that fails, the first who asks hears why.
    pub(crate) fn start(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Idle)
            && let Ok(running) = Running::start(&self.executable, &self.reader)
        {
            *state = State::Running(running);
        }
    }

    fn ask(&self, request: &Frame, limit: Duration) -> Result<Vec<io::Result<Vec<u8>>>, super::NetlinkError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Left(child, why) = &mut *state
            && matches!(child.try_wait(), Ok(None))
        {
            return Err(why.clone().into());
        }
        let running = match std::mem::replace(&mut *state, State::Idle) {
            // One that somebody has ended meanwhile has sent nothing of this request.
            State::Running(mut running) => running.lives().then_some(running),
            State::Idle | State::Left(..) => None,
        };
        let may_start = self.restarts || matches!(request, Frame::Enter(_));
        let mut running = match running {
            Some(running) => running,
            None if may_start => Running::start(&self.executable, &self.reader)?,
            None => return Err(super::NetlinkError::RelayEnded),
        };
        match running.ask(request, limit) {
            Ok(answer) => {
                *state = State::Running(running);
                Ok(answer)
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                let Running { child, .. } = running;
                let why = Unanswered { pid: child.id(), limit };
                *state = State::Left(child, why.clone());
                Err(why.into())
            }
            // Nobody knows how far it came.
            Err(_) => Err(super::NetlinkError::RelayEnded),
        }
    }
}

impl Running {
    fn start(executable: &Path, slot: &Slot) -> io::Result<Self> {
        let StartedRelay { child, input, output, reader } = start_relay(executable)?;
        if let Ok(mut slot) = slot.lock() {
            *slot = Some(reader);
        }
        Ok(Self { child, input, output: BufReader::with_capacity(BUFFER, Bounded::new(output)) })
    }

    fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn ask(&mut self, request: &Frame, limit: Duration) -> io::Result<Vec<io::Result<Vec<u8>>>> {
        let answer = self.asked(request, limit);
        if let Ok(mut input) = self.input.lock() {
            input.is_busy = false;
        }
        answer
    }

    fn asked(&mut self, request: &Frame, limit: Duration) -> io::Result<Vec<io::Result<Vec<u8>>>> {
        self.output.get_mut().end_at(Instant::now() + limit);
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        input.is_busy = true;
        request.write(&mut input.pipe)?;
        drop(input);
        let mut answer = Vec::new();
        loop {
            match Frame::read(&mut self.output)? {
                Some(Frame::Received(datagram)) => answer.push(Ok(datagram)),
                Some(Frame::Failed(errno)) => answer.push(Err(io::Error::from_raw_os_error(errno))),
                Some(Frame::End) => return Ok(answer),
                Some(Frame::Enter(_) | Frame::Send(..) | Frame::Read(_)) => {
                    return Err(io::Error::from(io::ErrorKind::InvalidData));
                }
                None => return Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            }
        }
    }
}

fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::NetlinkError;

    const SHORT: Duration = Duration::from_millis(50);

    /// Returns a relay that is this script.
    fn script(folder: &tempfile::TempDir, text: &str) -> Relay {
        let path = folder.path().join("relay");
        // Not by this process: a child that another test starts meanwhile would keep the file open for writing.
        let write = "printf '#!/bin/sh\n%s\n' \"$1\" >\"$0\" && chmod 755 \"$0\"";
        let written =
            std::process::Command::new("/bin/sh").arg("-c").arg(write).arg(&path).arg(text).status();
        assert!(written.expect("a shell").success());
        Relay::new(path, Slot::default())
    }

    fn pid_left(relay: &Relay) -> u32 {
        match relay.send(b"request", Answers::Whole, SHORT) {
            Err(NetlinkError::Unanswered(Unanswered { pid, .. })) => pid,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn kept_request_is_given_up_in_time_and_none_waits_again_while_it_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let relay = script(&folder, "exec sleep 60");
        let first = pid_left(&relay);
        let begun = Instant::now();
        assert_eq!(pid_left(&relay), first);
        assert!(begun.elapsed() < SHORT, "it waited again");
        let pid = nix::unistd::Pid::from_raw(first.try_into().expect("a pid"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).expect("killed");
        let end = Instant::now() + Duration::from_secs(10);
        // Once the kernel lets go of it, another is asked.
        while pid_left(&relay) == first {
            assert!(Instant::now() < end, "it is still there");
        }
    }

    #[test]
    fn relay_that_ends_has_no_answer_and_the_next_request_starts_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let relay = script(&folder, "exit 1");
        for _ in 0..2 {
            let answer = relay.send(b"request", Answers::Whole, Duration::from_secs(10));
            assert!(matches!(answer, Err(NetlinkError::RelayEnded)), "{answer:?}");
        }
    }
}
