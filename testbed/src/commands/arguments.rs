//! What can be said on the command line, and whom it calls.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::hardware::Hardware;
use super::{cluster, exec, hosts, invent, matrix, run};
use crate::fixtures;
use crate::guest::agent;
use crate::image::{self, Userland};
use crate::lab::{self, Lab};

/// Boots emulated hardware and runs vfctl's scenarios on it.
#[derive(Debug, Parser)]
#[command(name = "testbed", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build a guest's image, or find it; print its folder
    Image {
        /// Which one
        #[arg(long, value_name = "USERLAND", default_value_t)]
        guest: Userland,
    },
    /// A guest with a shell on this terminal, and vfctl as last built
    Shell(#[command(flatten)] Hardware),
    /// Boot a guest, run commands in it, print what they print
    ///
    /// Stops at the first command that fails and ends with its exit code.
    Exec(exec::ExecArguments),
    /// Boot hosts that are reached by ssh on loopback, run a command beside them, end them
    Hosts(hosts::HostsArguments),
    /// Run scenarios in one guest, one after another
    Run(run::RunArguments),
    /// Run scenarios on the simulator
    Simulate(run::SimulateArguments),
    /// Make the matrix of scenarios and places from reports, or check it
    Matrix(matrix::MatrixArguments),
    /// Say where reports of both places do not agree on scenarios
    Compare(matrix::CompareArguments),
    /// Write random scenarios, to run in both places and compare
    Invent(invent::InventArguments),
    /// Record the lab that simulated worlds begin with
    Fixtures {
        #[command(flatten)]
        hardware: Hardware,
        /// Write them; without it nothing is done
        #[arg(long, required = true)]
        write: bool,
    },
    /// A Kubernetes cluster with emulated machines as its workers
    Cluster(cluster::ClusterArguments),
    /// The guest's half of the conversation
    #[command(hide = true)]
    Agent,
}

fn record(hardware: &Hardware) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let mut lab = Lab::open(&hardware.plan()?, &scratch.path().join("console.log"))?;
    for path in fixtures::write(&mut lab)? {
        println!("{}", path.display());
    }
    Ok(())
}

/// Does what the command line says.
///
/// # Errors
///
/// When it cannot be done, as opposed to done and found wrong.
pub fn run_command(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Image { guest } => println!("{}", image::find_or_build(guest)?.display()),
        Command::Shell(hardware) => lab::shell(&hardware.plan()?)?,
        Command::Exec(arguments) => return exec::exec(&arguments),
        Command::Hosts(arguments) => return hosts::hosts(&arguments),
        Command::Run(arguments) => return run::run(&arguments),
        Command::Simulate(arguments) => return run::simulate(&arguments),
        Command::Matrix(arguments) => return matrix::write_or_check(&arguments),
        Command::Compare(arguments) => return matrix::compare(&arguments),
        Command::Invent(arguments) => invent::invent(&arguments)?,
        Command::Fixtures { hardware, write: _ } => record(&hardware)?,
        Command::Cluster(arguments) => return cluster::cluster(arguments),
        Command::Agent => agent::serve()?,
    }
    Ok(ExitCode::SUCCESS)
}
