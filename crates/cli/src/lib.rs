//! The commands of vfctl: arguments, text, exit codes. A library, so that the program and the simulator's twin
//! run the very same code.
//!
//! Nothing here decides what is done to a host: `plan` does, and `apply` walks it.

#![allow(
    clippy::disallowed_methods,
    reason = "files and the environment are read here, at the program's edge"
)]

mod args;
mod command;
mod document;
mod error;
mod exit;
mod facts;
mod format;
mod help;
mod in_order;
mod input;
mod limit;
mod machine;
mod made;
mod mistakes;
mod new_file;
mod output;
mod paint;
mod plan_stream;
mod port_word;
mod progress;
mod reach;
mod reader;
mod redact;
mod spec_folder;
mod stream;
mod table;
mod terminal;
mod usage;
mod yaml;

use std::ffi::OsString;

pub use args::Cli;
pub use error::CliError;
pub use exit::Exit;
pub use machine::{Console, Machine};
use mistakes::report_error;
pub use reach::{ClusterArgs, ClusterEdge, Connect, NoCluster};
use reader::while_read;
pub use terminal::Terminal;

/// Runs the command that these arguments ask for, the program's name first, on a machine that is made once it is
/// clear that there is a command to run.
pub fn run<'a>(
    arguments: impl IntoIterator<Item = OsString>,
    console: &mut Console<'_>,
    machine: impl FnOnce() -> Result<Machine<'a>, CliError>,
) -> Exit {
    while_read(console, |console| {
        let cli = match usage::parsed(arguments) {
            Ok(cli) => cli,
            Err(error) => return usage::print(&error, console),
        };
        console.terminal = console.terminal.with(cli.color);
        let prints_json = cli.command.prints_json();
        machine().and_then(|machine| command::run(cli, console, &machine)).unwrap_or_else(|error| {
            report_error(prints_json, &error, console);
            Exit::Failed
        })
    })
}

/// Starts the log on standard error: `VFCTL_LOG=debug` asks for more than warnings. What the API server refuses is reported by the
/// command itself, and not by a library beside it.
pub fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("VFCTL_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,kube_client=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
}
