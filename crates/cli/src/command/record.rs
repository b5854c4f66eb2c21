//! `vfctl record`: everything that plan reads, in one document.

use crate::args::RecordArgs;
use crate::error::{CliError, Exit};
use crate::machine::{Console, Machine};
use crate::output::{is_stdout, print_json, write_json};

/// Runs the command.
pub(super) fn run(
    args: &RecordArgs,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let world = machine.world()?;
    match args.output.as_deref().filter(|path| !is_stdout(path)) {
        None => print_json(console, &world)?,
        Some(path) => write_json(path, &world)?,
    }
    Ok(Exit::Done)
}
