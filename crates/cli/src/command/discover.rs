//! `vfctl discover`: which port can do what, what is set, and why a port cannot.

use vfctl_kinds::PfColumn;
use vfctl_kinds::pf::{pf_columns, wide_pf_columns};
use vfctl_model::DeviceAddress;
use vfctl_plan::Made;
use vfctl_port::{PfFacts, World};
use vfctl_view::{HostView, PortView, discovered, harmless, svg};

use crate::args::{DiscoverArgs, DiscoverOutput};
use crate::command::live_spec;
use crate::command::pictures::as_found;
use crate::error::CliError;
use crate::exit::Exit;
use crate::facts::world;
use crate::machine::{Console, Machine};
use crate::made::made_now;
use crate::output::print_json;
use crate::port_word::PortWord;
use crate::redact::redact;
use crate::table::table;
use crate::yaml;

/// Runs the command.
pub(super) fn run(
    args: &DiscoverArgs,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let mut world = world(&args.facts.facts, console, machine)?;
    redact(&mut world);
    keep(&mut world, &args.ports)?;
    let output = if args.json { DiscoverOutput::Json } else { args.output };
    match output {
        DiscoverOutput::Json => print_json(console, &world)?,
        DiscoverOutput::Yaml => write!(console.out, "{}", yaml::text(&world)?)?,
        DiscoverOutput::Table => print_tables(&world, &pf_columns(), console)?,
        DiscoverOutput::Wide => print_tables(&world, &wide_pf_columns(), console)?,
        DiscoverOutput::Html => {
            let of = |(name, host)| {
                (HostView::of(name, host, &pf_columns()), as_found(name, host, world.cluster.as_ref()))
            };
            let hosts: Vec<_> = world.hosts.iter().map(of).collect();
            let Made { vfctl, time, specs: _ } = made_now(&[]);
            let origin = format!("Read by vfctl {vfctl}, shown on {time}");
            console.out.write_all(discovered(&hosts, &origin).as_bytes())?;
        }
        DiscoverOutput::Svg => {
            let hosts = world.hosts.iter();
            let hosts: Vec<_> =
                hosts.map(|(name, host)| as_found(name, host, world.cluster.as_ref())).collect();
            console.out.write_all(svg(&hosts).as_bytes())?;
        }
        DiscoverOutput::Spec => live_spec::print(world, args.pin_macs, console)?,
    }
    Ok(Exit::Done)
}

/// Leaves of the facts only the ports that are asked for, and the hosts that have one; all where none is.
fn keep(world: &mut World, words: &[String]) -> Result<(), CliError> {
    let words: Vec<PortWord<'_>> = words.iter().map(|word| PortWord::new(word)).collect();
    let is_meant = |word: &PortWord<'_>, address: &DeviceAddress, pf: &PfFacts| {
        word.names(address, pf) || word.names_driver(pf)
    };
    for word in &words {
        let mut ports = world.hosts.values().flat_map(|host| &host.physical_functions);
        if !ports.any(|(address, pf)| is_meant(word, address, pf)) {
            return Err(word.unknown(world));
        }
    }
    if words.is_empty() {
        return Ok(());
    }
    for host in world.hosts.values_mut() {
        host.physical_functions.retain(|address, pf| words.iter().any(|word| is_meant(word, address, pf)));
    }
    world.hosts.retain(|_, host| !host.physical_functions.is_empty());
    Ok(())
}

/// Prints a table for each host, with these columns of its ports.
fn print_tables(world: &World, columns: &[PfColumn], console: &mut Console<'_>) -> Result<(), CliError> {
    let width = console.terminal.width_out();
    for (position, (name, host)) in world.hosts.iter().enumerate() {
        let gap = if position > 0 { "\n" } else { "" };
        let text = text_of(&HostView::of(name, host, columns), width);
        write!(console.out, "{gap}{}", harmless(&text))?;
    }
    Ok(())
}

/// Returns everything at a glance.
fn text_of(view: &HostView, width: Option<usize>) -> String {
    let HostView { heading, obstacles, notes, ports, details } = view;
    let mut text = format!("{heading}\n");
    obstacles.iter().for_each(|obstacle| text.push_str(&format!("! {obstacle}\n")));
    notes.iter().for_each(|note| text.push_str(&format!("note: {note}\n")));
    if ports.is_empty() {
        text.push_str("No port of this host can have VFs.\n");
        return text;
    }
    text.push_str(&table(0, ports, width));
    for PortView { title, obstacles, vfs, more } in details {
        text.push_str(&format!("\n{title}\n"));
        obstacles.iter().for_each(|obstacle| text.push_str(&format!("  ! {obstacle}\n")));
        if !vfs.is_empty() {
            text.push_str(&table(2, vfs, width));
        }
        if *more > 0 {
            text.push_str(&format!("  … and {more} more; -o json shows all\n"));
        }
    }
    text
}
