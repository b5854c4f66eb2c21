//! `vfctl completions`: what a shell needs to complete commands and options.

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::machine::Console;

/// Runs the command.
pub(super) fn run(args: &CompletionsArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "vfctl", &mut script);
    console.out.write_all(&script)?;
    Ok(Exit::Done)
}
