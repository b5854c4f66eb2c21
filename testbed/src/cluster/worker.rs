//! The conversation with the agent of a worker that another process has booted.
//!
//! Whether the machine is sound is that process's business: here is only a connection, which is begun and ended while
//! the guest goes on.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process;
use std::time::{Duration, Instant};

use super::provider::{ClusterError, WorkerAccess, host};
use crate::guest::protocol::{Ask, Ending, Reply};
use crate::guest::{GuestError, Output};
use crate::machine::MachineError;
use crate::machine::monitor::{Monitor, Wire};

/// What a time limit inside the guest gets on top before the host gives up.
const SLACK: Duration = Duration::from_secs(60);
/// How long one read may wait.
const POLL: Duration = Duration::from_millis(200);

/// A worker that is talked to.
#[derive(Debug)]
pub struct Worker {
    access: WorkerAccess,
    writer: UnixStream,
    reader: BufReader<UnixStream>,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    kept: BTreeMap<u64, Reply>,
    next_id: u64,
}

/// A command that was started in a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    id: u64,
    command: String,
    limit: Duration,
}

impl Worker {
    /// Connects to the agent.
    ///
    /// # Errors
    ///
    /// When the guest's socket is not there.
    pub fn connect(access: &WorkerAccess) -> Result<Self, ClusterError> {
        let failed = || host(format!("connect to {}", access.name));
        let writer = UnixStream::connect(&access.agent_socket).map_err(failed())?;
        writer.set_read_timeout(Some(POLL)).map_err(failed())?;
        let reader = BufReader::new(writer.try_clone().map_err(failed())?);
        // Answers to one who has gone are those of other numbers.
        let next_id = u64::from(process::id()) << 24;
        Ok(Self { access: access.clone(), writer, reader, line: Vec::new(), kept: BTreeMap::new(), next_id })
    }

    /// The ways into the worker.
    pub fn access(&self) -> &WorkerAccess {
        &self.access
    }

    /// Runs a shell command in a folder of the guest.
    ///
    /// # Errors
    ///
    /// When the guest does not answer; a command that fails or takes too long is an [`Output`] that says so.
    pub fn run(&mut self, command: &str, dir: &str, limit: Duration) -> Result<Output, ClusterError> {
        let running = self.start(command, dir, limit)?;
        self.wait(&running)
    }

    /// Starts a shell command.
    ///
    /// # Errors
    ///
    /// When the guest cannot be asked.
    pub fn start(&mut self, command: &str, dir: &str, limit: Duration) -> Result<Running, ClusterError> {
        self.next_id += 1;
        let id = self.next_id;
        let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        self.ask(&Ask::Run { id, command: command.to_owned(), dir: dir.to_owned(), limit_ms })?;
        Ok(Running { id, command: command.to_owned(), limit })
    }

    /// Sends a signal to a started command's processes.
    ///
    /// # Errors
    ///
    /// When the guest cannot be asked.
    pub fn signal(&mut self, running: &Running, signal: i32) -> Result<(), ClusterError> {
        self.ask(&Ask::Signal { id: running.id, signal })
    }

    /// Waits for a started command.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub fn wait(&mut self, running: &Running) -> Result<Output, ClusterError> {
        let limit = running.limit + SLACK;
        let until = Instant::now() + limit;
        while !self.kept.contains_key(&running.id) {
            if Instant::now() > until {
                let said = format!("`{}` in {}", running.command, self.access.name);
                return Err(GuestError::Silent { limit, said }.into());
            }
            let reply = self.next_reply()?;
            if let Some(Reply::Ended { id, .. } | Reply::Failed { id: Some(id), .. }) = &reply {
                self.kept.extend(reply.clone().map(|reply| (*id, reply)));
            }
        }
        match self.kept.remove(&running.id) {
            Some(Reply::Ended { id: _, ending, stdout, stderr }) => match ending {
                Ending::Exit { code } => Ok(Output { code: Some(code), stdout, stderr }),
                Ending::TimedOut => Ok(Output { code: None, stdout, stderr }),
                Ending::Stuck { stacks } => {
                    Err(GuestError::Stuck { command: running.command.clone(), stacks }.into())
                }
            },
            Some(Reply::Failed { id: _, why }) => Err(GuestError::Failed(why).into()),
            Some(Reply::Ready) | None => {
                Err(GuestError::Failed("the agent has started again".to_owned()).into())
            }
        }
    }

    /// Joins or cuts the wire of a port.
    ///
    /// # Errors
    ///
    /// When QEMU does not do it.
    pub fn set_wire(&mut self, role: &str, wire: Wire) -> Result<(), ClusterError> {
        let monitor = Monitor::connect(&self.access.monitor_socket);
        monitor
            .and_then(|mut monitor| monitor.set_wire(role, wire))
            .map_err(|error| MachineError::from(error).into())
    }

    fn ask(&mut self, ask: &Ask) -> Result<(), ClusterError> {
        let line = serde_json::to_string(ask).map_err(GuestError::from)?;
        self.writer.write_all(format!("{line}\n").as_bytes()).map_err(|error| GuestError::from(error).into())
    }

    /// The next answer, `None` when none came soon.
    fn next_reply(&mut self) -> Result<Option<Reply>, ClusterError> {
        match self.reader.read_until(b'\n', &mut self.line) {
            Ok(0) => {
                Err(GuestError::Failed(format!("the connection to {} is closed", self.access.name)).into())
            }
            Ok(_) if self.line.ends_with(b"\n") => {
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                let reply = serde_json::from_str(&line);
                Ok(Some(reply.map_err(|source| {
                    let line = line.chars().take(200).collect();
                    GuestError::Understand { line, source }
                })?))
            }
            Ok(_) => Ok(None),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Ok(None)
            }
            Err(error) => Err(GuestError::from(error).into()),
        }
    }
}
