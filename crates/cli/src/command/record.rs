//! `vfctl record`: everything that plan reads, in one document.

use vfctl_port::World;

use crate::args::RecordArgs;
use crate::command::validate::print_json;
use crate::error::{CliError, Exit};
use crate::machine::{Console, Machine};

/// Runs the command.
pub(super) fn run(
    args: &RecordArgs,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let world = World::of_host(machine.name.clone(), machine.observe.observe_host()?);
    match &args.output {
        None => print_json(console, &world)?,
        Some(path) => {
            let mut text = serde_json::to_vec_pretty(&world).map_err(std::io::Error::from)?;
            text.push(b'\n');
            std::fs::write(path, text).map_err(|cause| CliError::Write { path: path.clone(), cause })?;
        }
    }
    Ok(Exit::Done)
}
