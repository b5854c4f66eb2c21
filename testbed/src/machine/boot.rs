//! A running machine: started, watched, ended.

use std::fs;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::arguments::{Console, Files, arguments};
use super::console::{ConsoleLog, Sign};
use super::monitor::{Monitor, MonitorError};
use super::{Accelerator, accelerator::AcceleratorError};
use crate::patience;
use crate::topology::Topology;

/// How often a machine that never reached userspace is started again: QEMU
/// aborts early in about one boot of twenty, and seldom stands still.
const RETRIES: u32 = 3;
/// How long a boot may take until PID 1 runs; it takes ten seconds without KVM.
const BOOT_LIMIT: Duration = Duration::from_secs(60);
/// The same, while KVM has everything to prove.
const PROBE_LIMIT: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(20);
const TAIL: usize = 40;
/// How long a silent guest gets to print what it was asked.
const INTERROGATION: Duration = Duration::from_secs(3);

/// What is wrong with the machine.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// KVM or not: unknown.
    #[error("choose how to run the guest")]
    Accelerator(#[from] AcceleratorError),
    /// A file or a process of ours made trouble.
    #[error("{attempt}")]
    Host {
        /// What was attempted.
        attempt: String,
        /// What the system said.
        source: io::Error,
    },
    /// QEMU has ended.
    #[error("keep the guest running: QEMU ended with {status}\n{output}")]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// What QEMU and the console said last.
        output: String,
    },
    /// The kernel has complained.
    #[error("keep the guest sound: it says `{line}`\n{output}")]
    Trouble {
        /// The complaint.
        line: String,
        /// What the console said last.
        output: String,
    },
    /// Userspace did not come.
    #[error("boot the guest: no userspace within {} s\n{output}", limit.as_secs())]
    TooSlow {
        /// The time that it had.
        limit: Duration,
        /// What the console said last.
        output: String,
    },
    /// The monitor failed.
    #[error("control the guest's hardware")]
    Monitor(#[from] MonitorError),
}

impl MachineError {
    fn host(attempt: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let attempt = attempt.into();
        |source| Self::Host { attempt, source }
    }
}

/// What is to be started.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// The hardware.
    pub topology: &'a Topology,
    /// The image's folder.
    pub image: &'a Path,
    /// The folder to share.
    pub share: &'a Path,
    /// The folder with the program under test.
    pub programs: &'a Path,
    /// The console; its log begins anew with each attempt to boot.
    pub console: Console,
    /// Where the verdict on KVM is kept.
    pub cache: &'a Path,
    /// Further words for QEMU.
    pub more: Vec<String>,
}

/// A machine that runs. Dropping it ends it.
#[derive(Debug)]
pub struct Machine {
    qemu: Child,
    log: Option<ConsoleLog>,
    qemu_output: PathBuf,
    monitor_socket: PathBuf,
    monitor: Option<Monitor>,
    /// The socket on which the agent will be heard.
    pub agent_socket: PathBuf,
    // Last: the sockets lie in it.
    _sockets: tempfile::TempDir,
}

impl Machine {
    /// Starts a machine and waits for its PID 1.
    ///
    /// # Errors
    ///
    /// When it does not get there, with what the console said.
    pub fn boot(order: &Order<'_>) -> Result<Self, MachineError> {
        let accelerator = Accelerator::choose(order.cache, || {
            let order = Order { console: Console::Log(order.share.join("kvm-probe.log")), ..order.clone() };
            Self::start(&order, Accelerator::Kvm)
                .and_then(|mut machine| machine.await_userspace(PROBE_LIMIT))
                .is_ok()
        })?;
        let mut retries = RETRIES;
        loop {
            let mut machine = Self::start(order, accelerator)?;
            match machine.await_userspace(BOOT_LIMIT) {
                Ok(()) => return Ok(machine),
                Err(error) => {
                    let (why, output) = match &error {
                        MachineError::Ended { status, output } => (format!("ended with {status}"), output),
                        MachineError::TooSlow { limit, output } => {
                            (format!("stood still for {} s", limit.as_secs()), output)
                        }
                        _ => return Err(error),
                    };
                    if retries == 0 {
                        return Err(error);
                    }
                    retries -= 1;
                    let reason = output.lines().next_back().unwrap_or_default();
                    eprintln!("testbed: QEMU {why} before userspace ({reason}); starting it again");
                }
            }
        }
    }

    /// Starts a machine with a terminal, not waiting for anything.
    ///
    /// # Errors
    ///
    /// When QEMU cannot be started.
    pub fn start(order: &Order<'_>, accelerator: Accelerator) -> Result<Self, MachineError> {
        // Not below the report folder: a socket's path is at most 107 bytes.
        let sockets = tempfile::Builder::new()
            .prefix("testbed-")
            .tempdir()
            .map_err(MachineError::host("make a folder for the guest's sockets"))?;
        let files = Files {
            image: order.image.to_owned(),
            share: order.share.to_owned(),
            programs: order.programs.to_owned(),
            agent_socket: sockets.path().join("agent"),
            monitor_socket: sockets.path().join("monitor"),
        };
        let log = match &order.console {
            Console::Log(path) => {
                fs::write(path, "").map_err(MachineError::host("empty the console log"))?;
                Some(ConsoleLog::new(path))
            }
            Console::Terminal => None,
        };
        let qemu_output = sockets.path().join("output");
        let mut command = Command::new("setpriv");
        // QEMU shall not outlive this program, however that ends.
        command.args(["--pdeathsig", "KILL", "qemu-system-x86_64"]);
        command.args(arguments(order.topology, accelerator, &files, &order.console)).args(&order.more);
        if log.is_some() {
            let output = fs::File::create(&qemu_output).map_err(MachineError::host("keep QEMU's output"))?;
            let errors = output.try_clone().map_err(MachineError::host("keep QEMU's output"))?;
            command.stdin(Stdio::null()).stdout(output).stderr(errors);
        }
        let qemu = command.spawn().map_err(MachineError::host("start setpriv and QEMU"))?;
        Ok(Self {
            qemu,
            log,
            qemu_output,
            agent_socket: files.agent_socket,
            monitor_socket: files.monitor_socket,
            monitor: None,
            _sockets: sockets,
        })
    }

    fn await_userspace(&mut self, limit: Duration) -> Result<(), MachineError> {
        let started = Instant::now();
        while started.elapsed() < patience::stretched(limit) {
            if self.check()?.contains(&Sign::Userspace) {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        Err(MachineError::TooSlow { limit: started.elapsed(), output: self.output() })
    }

    /// Connects to the agent's socket, which QEMU makes soon after its start.
    ///
    /// # Errors
    ///
    /// When QEMU ends or the socket does not come.
    pub fn connect_agent(&mut self, limit: Duration) -> Result<UnixStream, MachineError> {
        let started = Instant::now();
        loop {
            match UnixStream::connect(&self.agent_socket) {
                Ok(stream) => return Ok(stream),
                Err(source) if started.elapsed() > patience::stretched(limit) => {
                    return Err(MachineError::Host { attempt: "connect to the guest".to_owned(), source });
                }
                Err(_) => {
                    self.check()?;
                    thread::sleep(POLL);
                }
            }
        }
    }

    /// Looks whether the machine still runs and is sound; the console's new
    /// signs.
    ///
    /// # Errors
    ///
    /// When it is not, with what the console said.
    pub fn check(&mut self) -> Result<Vec<Sign>, MachineError> {
        let status = self.qemu.try_wait().map_err(MachineError::host("look after QEMU"))?;
        let signs = match &mut self.log {
            Some(log) => log.signs().map_err(MachineError::host("read the console log"))?,
            None => Vec::new(),
        };
        if let Some(line) = signs.iter().find_map(|sign| match sign {
            Sign::Trouble(line) => Some(line.clone()),
            Sign::Userspace => None,
        }) {
            return Err(MachineError::Trouble { line, output: self.output() });
        }
        match status {
            Some(status) => Err(MachineError::Ended { status, output: self.output() }),
            None => Ok(signs),
        }
    }

    /// The socket of QEMU's monitor, which one at a time may use.
    pub fn monitor_socket(&self) -> &Path {
        &self.monitor_socket
    }

    /// QEMU's monitor.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub fn monitor(&mut self) -> Result<&mut Monitor, MachineError> {
        let monitor = match self.monitor.take() {
            Some(monitor) => monitor,
            None => Monitor::connect(&self.monitor_socket)?,
        };
        Ok(self.monitor.insert(monitor))
    }

    /// Asks a guest that does not answer what it is waiting for: its kernel's
    /// blocked tasks if it still hears the keyboard, and where its processors
    /// are.
    ///
    /// # Errors
    ///
    /// When QEMU itself does not answer.
    pub fn interrogate(&mut self) -> Result<String, MachineError> {
        let monitor = self.monitor()?;
        for key in ["alt-sysrq-w", "alt-sysrq-l"] {
            monitor.console(&format!("sendkey {key}"))?;
            thread::sleep(INTERROGATION);
        }
        let mut text = String::new();
        for command in ["info status", "info registers -a"] {
            let printed = self.monitor()?.console(command)?;
            text.extend(
                printed
                    .lines()
                    .filter(|line| ["VM", "CPU#", "RIP"].iter().any(|word| line.starts_with(word)))
                    .flat_map(|line| [line, "\n"]),
            );
        }
        let console = self.log.as_ref().map(|log| log.tail(4 * TAIL)).unwrap_or_default();
        Ok(format!("{text}{console}"))
    }

    /// Waits until the machine has ended by itself.
    ///
    /// # Errors
    ///
    /// When the process cannot be waited for.
    pub fn await_end(&mut self) -> Result<ExitStatus, MachineError> {
        self.qemu.wait().map_err(MachineError::host("wait for QEMU"))
    }

    /// What console and QEMU said last.
    fn output(&self) -> String {
        let console = self.log.as_ref().map(|log| log.tail(TAIL)).unwrap_or_default();
        let qemu = fs::read_to_string(&self.qemu_output).unwrap_or_default();
        format!("{console}\n{}", qemu.trim()).trim().to_owned()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        drop(self.qemu.kill());
        drop(self.qemu.wait());
    }
}
