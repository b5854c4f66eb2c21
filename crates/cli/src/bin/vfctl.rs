//! The program: this host, standard streams, signals.

#![allow(clippy::disallowed_methods, reason = "the environment is read here")]

use std::cell::OnceCell;
use std::io::{IsTerminal, stderr, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use vfctl_cli::{CliError, Console, Machine, Terminal, run};
use vfctl_host::{HostOptions, LinuxHost, SystemClock, host_name, install_signal_handlers, run_store_child};

/// The folder for lock and journal.
const STATE_DIR: &str = "/var/lib/vfctl";

fn main() -> ExitCode {
    if let Some(code) = run_store_child(std::env::args_os().skip(1)) {
        return code;
    }
    vfctl_cli::start_log();
    let host = OnceCell::new();
    let clock = SystemClock;
    let mut console = Console {
        out: &mut stdout().lock(),
        err: &mut stderr(),
        can_ask: stdin().is_terminal(),
        terminal: Terminal::of(stdout().is_terminal(), stderr().is_terminal(), |name| std::env::var_os(name)),
    };
    let machine = || {
        install_signal_handlers().map_err(CliError::Signals)?;
        let name = host_name()?;
        let host = host.get_or_init(|| LinuxHost::new(name.clone(), HostOptions::default()));
        Ok(Machine { name, observe: host, perform: host, clock: &clock, state_dir: PathBuf::from(STATE_DIR) })
    };
    run(std::env::args_os(), &mut console, machine).into()
}
