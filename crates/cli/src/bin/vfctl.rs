//! The program: this host, standard streams, signals.

#![allow(clippy::disallowed_methods, reason = "the environment is read here")]

use std::cell::OnceCell;
use std::io::{IsTerminal, stderr, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use vfctl_cli::{CliError, ClusterArgs, ClusterEdge, Connect, Console, Machine, Terminal, run};
use vfctl_cluster::{Access, Cluster};
use vfctl_host::{HostOptions, LinuxHost, SystemClock, host_name, install_signal_handlers, run_store_child};
use vfctl_port::EdgeError;

/// The folder for lock and journal.
const STATE_DIR: &str = "/var/lib/vfctl";

/// Reaches the cluster through its API server.
struct Kubernetes;

impl Connect for Kubernetes {
    fn connect(&self, wanted: &ClusterArgs) -> Result<Option<Box<dyn ClusterEdge>>, EdgeError> {
        let ClusterArgs { kubeconfig, context } = wanted.clone();
        let found = Cluster::find(&Access { kubeconfig, context })?;
        Ok(found.map(|cluster| -> Box<dyn ClusterEdge> { Box::new(cluster) }))
    }
}

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
        Ok(Machine {
            name,
            observe: host,
            perform: host,
            traffic: host,
            connect: &Kubernetes,
            clock: &clock,
            state_dir: PathBuf::from(STATE_DIR),
        })
    };
    run(std::env::args_os(), &mut console, machine).into()
}
