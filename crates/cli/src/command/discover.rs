//! `vfctl discover`: which port can do what, what is set, and why a port cannot.

use vfctl_kinds::pf::{attribute_cell, host_obstacles, obstacles, pf_columns, vf_columns};
use vfctl_kinds::{PfColumn, VfColumn};
use vfctl_model::{DeviceAddress, HostName, Reading, VfAttribute, VfIndex};
use vfctl_port::{HostFacts, PfFacts, VfFacts};

use crate::args::{DiscoverArgs, DiscoverOutput};
use crate::command::live_spec;
use crate::error::{CliError, Exit};
use crate::facts::world;
use crate::machine::{Console, Machine};
use crate::output::print_json;
use crate::paint::harmless;
use crate::redact::redact;
use crate::table::table;
use crate::yaml;

/// How many VFs of a port are shown one by one.
const SHOWN_VFS: usize = 64;

/// Runs the command.
pub(super) fn run(
    args: &DiscoverArgs,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let mut world = world(&args.facts.facts, console, machine)?;
    redact(&mut world);
    let output = if args.json { DiscoverOutput::Json } else { args.output };
    match output {
        DiscoverOutput::Json => print_json(console, &world)?,
        DiscoverOutput::Yaml => write!(console.out, "{}", yaml::text(&world)?)?,
        DiscoverOutput::Table => {
            for (position, (name, host)) in world.hosts.iter().enumerate() {
                let gap = if position > 0 { "\n" } else { "" };
                write!(console.out, "{gap}{}", harmless(&host_table(name, host).to_string()))?;
            }
        }
        DiscoverOutput::Spec => live_spec::print(world, args.pin_macs, console)?,
    }
    Ok(Exit::Done)
}

/// Returns everything at a glance.
fn host_table(name: &HostName, host: &HostFacts) -> String {
    let system = &host.system;
    let iommu = match system.iommu.groups {
        0 => "off".to_owned(),
        groups => {
            let kinds: Vec<&str> = system.iommu.kinds.iter().map(String::as_str).collect();
            format!("{groups} groups ({})", kinds.join(", "))
        }
    };
    let mut text = format!("host {name}: kernel {}, IOMMU {iommu}\n", system.kernel);
    for obstacle in host_obstacles(host) {
        text.push_str(&format!("! {obstacle}\n"));
    }
    for manager in &system.link_managers {
        text.push_str(&format!("note: {} takes new VF interfaces: {}\n", manager.name, manager.remedy));
    }
    for stuck in &system.stuck_stores {
        text.push_str(&format!(
            "note: process {} is blocked in the kernel, writing {}\n",
            stuck.pid, stuck.path
        ));
    }
    for unread in &host.unread {
        text.push_str(&format!("note: could not be read: {unread}\n"));
    }
    if host.physical_functions.is_empty() {
        text.push_str("No port of this host can have VFs.\n");
        return text;
    }
    let ports: Vec<(&DeviceAddress, &PfFacts)> = host.physical_functions.iter().collect();
    let columns = pf_columns().into_iter().map(|PfColumn { heading, cell }| {
        (heading, ports.iter().map(|(_, pf)| cell(pf)).collect::<Vec<_>>())
    });
    let name_of =
        |(_, pf): &(&DeviceAddress, &PfFacts)| pf.netdev.as_ref().map(|netdev| netdev.name.to_string());
    let address = |(address, _): &(&DeviceAddress, &PfFacts)| Some(address.to_string());
    let first = [
        ("PORT", ports.iter().map(name_of).collect()),
        ("DEVICE", ports.iter().map(address).collect::<Vec<_>>()),
    ];
    let rows = rows_of(first.into_iter().chain(columns).collect(), ports.len());
    text.push_str(&table(0, &rows));
    for (address, pf) in &host.physical_functions {
        let title = pf.netdev.as_ref().map_or_else(|| address.to_string(), |n| n.name.to_string());
        let obstacles = obstacles(pf);
        if !obstacles.is_empty() || !pf.unread.is_empty() || !pf.vfs.is_empty() {
            text.push_str(&format!("\n{title}\n"));
        }
        for obstacle in obstacles {
            text.push_str(&format!("  ! {obstacle}\n"));
        }
        for unread in &pf.unread {
            text.push_str(&format!("  ! could not be read: {unread}\n"));
        }
        if !pf.vfs.is_empty() {
            text.push_str(&vf_table(host, pf));
        }
    }
    text
}

/// Returns the VFs of a port, one a row.
fn vf_table(host: &HostFacts, pf: &PfFacts) -> String {
    let shown: Vec<(&VfIndex, &VfFacts)> = pf.vfs.iter().take(SHOWN_VFS).collect();
    let column = |cell: &dyn Fn(&VfIndex, &VfFacts) -> Option<String>| -> Vec<Option<String>> {
        shown.iter().map(|(index, vf)| cell(index, vf)).collect()
    };
    let mut columns = vec![("VF".to_owned(), column(&|index, _| Some(index.to_string())))];
    columns.extend(
        vf_columns()
            .into_iter()
            .map(|VfColumn { heading, cell }| (heading.to_owned(), column(&|_, vf| cell(pf, vf)))),
    );
    columns.extend(VfAttribute::ALL.iter().filter(|_| pf.row().has_interface).map(|attribute| {
        let cell =
            |_: &VfIndex, vf: &VfFacts| Some(attribute_cell(*attribute, &pf.attribute(vf, *attribute)));
        (attribute.key().to_uppercase(), column(&cell))
    }));
    let users = |_: &VfIndex, vf: &VfFacts| {
        let mut users: Vec<String> = vf.uses.iter().map(ToString::to_string).collect();
        if let Reading::Known(of_representor) = host.users_of_representor(pf, vf) {
            users.extend(of_representor.into_iter().map(|user| format!("representor: {user}")));
        }
        Some(users.join(", "))
    };
    columns.push(("IN USE BY".to_owned(), column(&users)));
    let mut text = table(2, &rows_of(columns, shown.len()));
    if pf.vfs.len() > SHOWN_VFS {
        text.push_str(&format!("  … and {} more; -o json shows all\n", pf.vfs.len() - SHOWN_VFS));
    }
    text
}

/// Returns the rows of a table from its columns, the headings first; columns without any cell are left out.
fn rows_of<T: Into<String>>(columns: Vec<(T, Vec<Option<String>>)>, count: usize) -> Vec<Vec<String>> {
    let (mut headings, mut rows) = (Vec::new(), vec![Vec::new(); count]);
    for (heading, cells) in columns.into_iter().filter(|(_, cells)| cells.iter().any(Option::is_some)) {
        headings.push(heading.into());
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.push(cell.unwrap_or_else(|| "-".to_owned()));
        }
    }
    rows.insert(0, headings);
    rows
}
