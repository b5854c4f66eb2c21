//! `vfctl record`: everything that plan reads, in one document.

use std::path::Path;

use crate::args::RecordArgs;
use crate::command::cut_off::CutOff;
use crate::error::{CliError, Exit};
use crate::machine::{Console, Machine};
use crate::output::{is_stdout, print_json, write_json};

/// Runs the command.
pub(super) fn run(
    args: &RecordArgs,
    state_dir: Option<&Path>,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let mut world = machine.world()?;
    CutOff::learn_by_looking(state_dir.unwrap_or(&machine.state_dir), &mut world).report(None, console);
    match args.output.as_deref().filter(|path| !is_stdout(path)) {
        None => print_json(console, &world)?,
        Some(path) => write_json(path, &world)?,
    }
    Ok(Exit::Done)
}
