//! `vfctl record`: everything that plan reads, in one document.

use std::path::Path;

use vfctl_port::{What, World, api_hint};
use vfctl_view::harmless;

use crate::args::{DocumentFormat, RecordArgs};
use crate::command::cut_off::CutOff;
use crate::document::FACTS;
use crate::error::CliError;
use crate::exit::Exit;
use crate::machine::{Console, Machine};
use crate::new_file::check_place;
use crate::output::{is_stdout, json_of, write};
use crate::reach::learn;
use crate::redact::redact;
use crate::yaml;

/// Runs the command.
pub(super) fn run(
    args: &RecordArgs,
    state_dir: Option<&Path>,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let file = args.out.as_deref().filter(|path| !is_stdout(path));
    file.map_or(Ok(()), |path| check_place(path, &FACTS))?;
    let mut world = if args.cluster {
        let edge = machine.connect.connect(&args.access).map_err(CliError::Cluster)?;
        let edge = edge.ok_or(CliError::NoCluster)?;
        let mut world = World::empty();
        learn(&*edge, &What::Whole, &mut world)?;
        world
    } else {
        let mut world = machine.world()?;
        CutOff::learn_by_looking(state_dir.unwrap_or(&machine.state_dir), &mut world).report(None, console);
        world
    };
    if !args.full {
        redact(&mut world);
    }
    let text = match args.output {
        DocumentFormat::Json => json_of(&world)?,
        DocumentFormat::Yaml => yaml::text(&world)?.into_bytes(),
    };
    match file {
        None => console.out.write_all(&text)?,
        Some(path) => write(path, &text, &FACTS)?,
    }
    // The facts say it as well; whoever goes on with them is to know that they are not all.
    let unread: Vec<&String> = world.cluster.iter().flat_map(|cluster| cluster.unread.values()).collect();
    for why in &unread {
        let fix = api_hint(why).map_or_else(String::new, |hint| format!("  fix: {hint}\n"));
        console.say(&harmless(&format!("error: the facts are incomplete: failed to {why}\n{fix}")));
    }
    Ok(if unread.is_empty() { Exit::Done } else { Exit::Failed })
}
