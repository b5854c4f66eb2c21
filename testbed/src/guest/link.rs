//! The host's half of the conversation with a booted guest.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::protocol::{Ask, Ending, Reply};
use crate::machine;
use crate::machine::boot::{Machine, MachineError, Order};
use crate::patience;

/// How long the agent may take to start after PID 1.
const AGENT_LIMIT: Duration = Duration::from_secs(120);
/// What a time limit inside the guest gets on top before the host gives up.
const SLACK: Duration = Duration::from_secs(15);
/// How often the machine is looked after while an answer is awaited.
const POLL: Duration = Duration::from_millis(200);

/// Why a command in the guest has no result.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// The machine broke.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The connection broke.
    #[error("talk to the guest")]
    Talk(#[from] io::Error),
    /// A request cannot be written down.
    #[error("write a request to the guest")]
    Write(#[from] serde_json::Error),
    /// The guest said something unexpected.
    #[error("understand the guest's answer `{line}`")]
    Understand {
        /// What it said.
        line: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The agent could not do as asked.
    #[error("run a command in the guest: {0}")]
    Failed(String),
    /// No answer at all.
    #[error("wait for the guest: no answer within {} s\n{said}", limit.as_secs())]
    Silent {
        /// The time that it had.
        limit: Duration,
        /// What it and QEMU said when they were asked.
        said: String,
    },
    /// No answer, and not even the kernel hears: QEMU itself stands still.
    #[error("wait for the guest: QEMU stands still since {} s\n{said}", limit.as_secs())]
    Stalled {
        /// The time that it had.
        limit: Duration,
        /// What QEMU said when it was asked.
        said: String,
    },
    /// The command is stuck in the kernel.
    #[error("end `{command}`: it is stuck in the kernel\n{stacks}")]
    Stuck {
        /// The command.
        command: String,
        /// The kernel stacks of its processes.
        stacks: String,
    },
}

/// What a command left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The exit code; `None` when its time was up.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// Whether the command ended well.
    pub fn is_success(&self) -> bool {
        self.code == Some(0)
    }
}

/// A command that has been started and not waited for.
#[derive(Debug, PartialEq, Eq)]
pub struct Started {
    id: u64,
    command: String,
    limit: Duration,
}

/// A booted guest.
#[derive(Debug)]
pub struct Guest {
    /// The machine that it runs on.
    pub machine: Machine,
    writer: UnixStream,
    answers: Receiver<Result<Reply, GuestError>>,
    /// Answers that came while another was awaited.
    kept: BTreeMap<u64, Reply>,
    next_id: u64,
}

impl Guest {
    /// Boots a machine and waits for its agent.
    ///
    /// # Errors
    ///
    /// When it does not get there.
    pub fn boot(order: &Order<'_>) -> Result<Self, GuestError> {
        let machine = Machine::boot(order)?;
        Self::connect(machine)
    }

    /// Waits for the agent of a machine that boots.
    ///
    /// # Errors
    ///
    /// When the agent is not heard.
    pub fn connect(mut machine: Machine) -> Result<Self, GuestError> {
        let writer = machine.connect_agent(AGENT_LIMIT)?;
        let (sender, answers) = mpsc::channel();
        let reader = BufReader::new(writer.try_clone()?);
        thread::spawn(move || {
            for answer in reader.lines().map(understand) {
                // Nobody listens any more when the guest has been dropped.
                if sender.send(answer).is_err() {
                    break;
                }
            }
        });
        let mut guest = Self { machine, writer, answers, kept: BTreeMap::new(), next_id: 0 };
        let limit = patience::stretched(AGENT_LIMIT);
        match guest.next_answer(Instant::now() + limit)? {
            Some(Reply::Ready) => Ok(guest),
            Some(answer) => Err(GuestError::Failed(format!("the agent begins with {answer:?}"))),
            None => Err(guest.silent(limit)),
        }
    }

    /// Ends the conversation; the agent hears whoever connects next.
    ///
    /// # Errors
    ///
    /// When the connection cannot be closed.
    pub fn leave(self) -> Result<Machine, GuestError> {
        self.writer.shutdown(Shutdown::Both)?;
        Ok(self.machine)
    }

    /// Runs a shell command in a folder of the guest.
    ///
    /// # Errors
    ///
    /// When the guest breaks or the command gets stuck; a command that fails
    /// or takes too long is an [`Output`] that says so.
    pub fn run(&mut self, command: &str, dir: &str, limit: Duration) -> Result<Output, GuestError> {
        let started = self.start(command, dir, limit)?;
        self.wait(&started)
    }

    /// Starts a shell command.
    ///
    /// # Errors
    ///
    /// When the guest cannot be asked.
    pub fn start(&mut self, command: &str, dir: &str, limit: Duration) -> Result<Started, GuestError> {
        self.next_id += 1;
        let id = self.next_id;
        let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        self.ask(&Ask::Run { id, command: command.to_owned(), dir: dir.to_owned(), limit_ms })?;
        Ok(Started { id, command: command.to_owned(), limit })
    }

    /// Sends a signal to a started command's processes.
    ///
    /// # Errors
    ///
    /// When the guest cannot be asked.
    pub fn signal(&mut self, started: &Started, signal: i32) -> Result<(), GuestError> {
        self.ask(&Ask::Signal { id: started.id, signal })
    }

    /// Waits for a started command.
    ///
    /// # Errors
    ///
    /// As for [`Guest::run`].
    pub fn wait(&mut self, started: &Started) -> Result<Output, GuestError> {
        let limit = started.limit + SLACK;
        let until = Instant::now() + limit;
        let answer = loop {
            if let Some(answer) = self.kept.remove(&started.id) {
                break answer;
            }
            match self.next_answer(until)? {
                Some(Reply::Failed { id: None, why }) => return Err(GuestError::Failed(why)),
                Some(answer) => self.keep(answer),
                None => return Err(self.silent(limit)),
            }
        };
        match answer {
            Reply::Ended { id: _, ending, stdout, stderr } => match ending {
                Ending::Exit { code } => Ok(Output { code: Some(code), stdout, stderr }),
                Ending::TimedOut => Ok(Output { code: None, stdout, stderr }),
                Ending::Stuck { stacks } => {
                    Err(GuestError::Stuck { command: started.command.clone(), stacks })
                }
            },
            Reply::Failed { id: _, why } => Err(GuestError::Failed(why)),
            Reply::Ready => Err(GuestError::Failed("the agent has started again".to_owned())),
        }
    }

    fn silent(&mut self, limit: Duration) -> GuestError {
        let said = self.machine.interrogate().unwrap_or_else(|error| error.to_string());
        if said.contains(machine::console::HEARD) {
            GuestError::Silent { limit, said }
        } else {
            GuestError::Stalled { limit, said }
        }
    }

    fn keep(&mut self, answer: Reply) {
        match &answer {
            Reply::Ended { id, .. } | Reply::Failed { id: Some(id), .. } => {
                self.kept.insert(*id, answer);
            }
            Reply::Ready | Reply::Failed { id: None, .. } => {}
        }
    }

    fn ask(&mut self, ask: &Ask) -> Result<(), GuestError> {
        let line = serde_json::to_string(ask)?;
        Ok(self.writer.write_all(format!("{line}\n").as_bytes())?)
    }

    /// The next answer, `None` when there is none in time.
    fn next_answer(&mut self, until: Instant) -> Result<Option<Reply>, GuestError> {
        loop {
            match self.answers.recv_timeout(POLL) {
                Ok(answer) => return answer.map(Some),
                Err(RecvTimeoutError::Timeout) => {
                    self.machine.check()?;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    // QEMU closes the socket a little before it ends.
                    thread::sleep(POLL);
                    self.machine.check()?;
                    return Err(GuestError::Failed("the connection is closed".to_owned()));
                }
            }
            if Instant::now() > until {
                return Ok(None);
            }
        }
    }
}

fn understand(line: io::Result<String>) -> Result<Reply, GuestError> {
    let line = line?;
    serde_json::from_str(&line).map_err(|source| {
        let line = line.chars().take(200).collect();
        GuestError::Understand { line, source }
    })
}
