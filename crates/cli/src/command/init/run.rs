//! Finds the port, and writes the spec where it is wanted.

use vfctl_kinds::cluster::Parts;
use vfctl_kinds::document::Selection;
use vfctl_kinds::finding::Finding;
use vfctl_kinds::pf::{host_obstacles, obstacles};
use vfctl_model::{CountWay, DeviceAddress, HostName};
use vfctl_plan::{Options, Scale, ScopePlan, plan_host};
use vfctl_port::{HostFacts, PfFacts, World};
use vfctl_spec::{Source, SpecSet};
use vfctl_view::harmless;

use super::asked::{asked, check};
use super::text::spec_text;
use crate::args::InitArgs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::facts::world;
use crate::input::with_places;
use crate::machine::{Console, Machine};
use crate::mistakes::say_mistakes;
use crate::new_file::Replaceable;
use crate::output::{is_stdout, write_over};
use crate::port_word::PortWord;

/// How many VFs are written where none is there and no number is asked for.
const USUAL: u16 = 8;

/// The port that a spec is written for.
pub(super) struct Port<'a> {
    pub(super) host: &'a HostName,
    pub(super) address: &'a DeviceAddress,
    pub(super) facts: &'a PfFacts,
}

/// Runs the command.
pub(in crate::command) fn run(
    args: &InitArgs,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let file = args.out.as_deref().filter(|path| !is_stdout(path));
    if file.is_none() && args.force {
        return Err(CliError::ForceWithoutFile);
    }
    if let Some(path) = file.filter(|path| !args.force && path.exists()) {
        return Err(CliError::Exists { path: path.to_owned() });
    }
    let world = world(&args.facts.facts, console, machine)?;
    let (port, host) = find(&args.port, &world)?;
    let attributes = asked(args);
    check(&attributes, &port)?;
    let count = count(args.count, port.facts);
    let text = spec_text(args, &attributes, &port, count);
    let sources =
        [Source { name: file.map_or("<stdout>".to_owned(), |file| file.display().to_string()), text }];
    match vfctl_spec::load(&sources) {
        Ok(set) => check_plan(&set, (&port, host), &world)?,
        Err(mistakes) => {
            // What was asked for is wrong, such as a MAC address that no VF can have.
            say_mistakes(&mistakes, &[], &sources, console);
            return Ok(Exit::Failed);
        }
    }
    let [Source { text, .. }] = &sources;
    match file {
        None => console.out.write_all(text.as_bytes())?,
        Some(path) => {
            let over = if args.force { Replaceable::Anything } else { Replaceable::Nothing };
            write_over(path, text.as_bytes(), over)?;
        }
    }
    let obstacles = host_obstacles(host).into_iter().chain(obstacles(port.facts));
    for obstacle in obstacles {
        console.say(&harmless(&format!("note: {obstacle}\n")));
    }
    Ok(Exit::Done)
}

/// Refuses what `plan` would refuse, such as a count that the port cannot have or a driver that the kernel does not have.
///
/// # Errors
/// Where there is such a thing, with the words that plan has for it.
fn check_plan(set: &SpecSet, (port, host): (&Port<'_>, &HostFacts), world: &World) -> Result<(), CliError> {
    let options = Options { parts: Parts::ONLY_HOST, ..Options::default() };
    let planned = with_places(set, |documents| {
        let selection = Selection::of(documents, port.host, world.cluster.as_ref());
        plan_host(&selection, host, world, Scale::OneHost, options.parts)
    });
    let (plan, _) = planned.split(options);
    let problem = plan.iter().flat_map(ScopePlan::problems).next();
    problem.map_or(Ok(()), |Finding { message, help, .. }| {
        Err(CliError::NotForPort {
            wanted: format!("for {}", port.facts.title(port.address)),
            cause: message.clone(),
            fix: help.clone().unwrap_or_default(),
        })
    })
}

/// Returns the one port that a word names, and the facts of its host.
fn find<'a>(word: &str, world: &'a World) -> Result<(Port<'a>, &'a HostFacts), CliError> {
    let asked = PortWord::new(word);
    let ports = world.hosts.iter().flat_map(|(host, facts)| {
        facts.physical_functions.iter().map(move |(address, pf)| (Port { host, address, facts: pf }, facts))
    });
    let mut found: Vec<_> = ports.filter(|(port, _)| asked.names(port.address, port.facts)).collect();
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(asked.unknown(world)),
        (Some(port), true) => Ok(port),
        (Some(last), false) => {
            found.push(last);
            let hosts: Vec<&str> = found.iter().map(|(port, _)| port.host.as_str()).collect();
            Err(CliError::SeveralPorts { word: word.to_owned(), hosts: hosts.join(", ") })
        }
    }
}

/// Returns how many VFs to write: as many as are asked for or there are; else all that the device offers where it makes all or none,
/// or a few.
fn count(asked: Option<u16>, facts: &PfFacts) -> u16 {
    let total = facts.total_vfs.filter(|total| *total > 0);
    let usual = match facts.row().count {
        CountWay::AllOrNone => total.unwrap_or(USUAL),
        CountWay::AsAsked | CountWay::ByParameter(_) | CountWay::ByCard | CountWay::Nothing => {
            total.map_or(USUAL, |total| total.min(USUAL))
        }
    };
    asked.unwrap_or(if facts.vf_count > 0 { facts.vf_count } else { usual })
}
