//! `vfctl discover`: which port can do what, what is set, and why a port cannot.

use vfctl_kinds::driver::DriverRow;
use vfctl_kinds::pf::{host_obstacles, obstacles};
use vfctl_kinds::{document, vf};
use vfctl_model::{HostName, PciId, Reading, VfAttribute};
use vfctl_port::{HostFacts, PfFacts, VfFacts};

use crate::args::{DiscoverArgs, DiscoverOutput};
use crate::error::{CliError, Exit};
use crate::input::world;
use crate::machine::{Console, Machine};
use crate::output::print_json;
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
    let world = world(&args.facts.facts, machine)?;
    let output = if args.json { DiscoverOutput::Json } else { args.output };
    match output {
        DiscoverOutput::Json => print_json(console, &world)?,
        DiscoverOutput::Yaml => write!(console.out, "{}", yaml::text(&world)?)?,
        DiscoverOutput::Table => {
            for (position, (name, host)) in world.hosts.iter().enumerate() {
                let gap = if position > 0 { "\n" } else { "" };
                write!(console.out, "{gap}{}", host_table(name, host))?;
            }
        }
        DiscoverOutput::Spec => {
            let several = world.hosts.len() > 1;
            for (position, (name, host)) in world.hosts.iter().enumerate() {
                let separator = if position > 0 { "---\n" } else { "" };
                let config = document::live(&document_name(name), several.then_some(name), host);
                write!(console.out, "{separator}{}", vfctl_spec::emit(&config))?;
                console.talk(&left_out(host));
            }
        }
    }
    Ok(Exit::Done)
}

/// Returns what could not be read of ports and is not in their spec.
fn left_out(host: &HostFacts) -> String {
    let mut text = String::new();
    for (address, pf) in &host.physical_functions {
        for unread in &pf.unread {
            text.push_str(&format!(
                "note: {address}: could not be read, so the spec is silent on it: {unread}\n"
            ));
        }
    }
    text
}

/// Returns the host's name as that of a document.
fn document_name(host: &HostName) -> String {
    host.as_str()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect()
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
            "note: process {} still sits in the kernel, writing {}\n",
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
    let heading = ["PORT", "DEVICE", "DRIVER", "VFS", "LINK", "MTU", "NUMA", "MODEL"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for (address, pf) in &host.physical_functions {
        let netdev = pf.netdev.as_ref();
        let link = netdev.map_or("-".to_owned(), |n| match (n.up, n.carrier, n.speed) {
            (false, ..) => "down".to_owned(),
            (true, false, _) => "no carrier".to_owned(),
            (true, true, Some(speed)) if speed >= 1000 && speed % 1000 == 0 => {
                format!("up {}G", speed / 1000)
            }
            (true, true, Some(speed)) => format!("up {speed}M"),
            (true, true, None) => "up".to_owned(),
        });
        rows.push(vec![
            netdev.map_or("-".to_owned(), |n| n.name.to_string()),
            address.to_string(),
            pf.driver.as_ref().map_or("none".to_owned(), ToString::to_string),
            format!("{}/{}", pf.vf_count, pf.total_vfs),
            link,
            netdev.map_or("-".to_owned(), |n| n.mtu.to_string()),
            pf.numa_node.map_or("-".to_owned(), |node| node.to_string()),
            pf.model.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
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
            text.push_str(&vf_table(pf));
        }
    }
    text
}

/// Returns the VFs of a port, one a row.
fn vf_table(pf: &PfFacts) -> String {
    let row = DriverRow::of(pf.driver.as_ref());
    let attributes: Vec<VfAttribute> =
        VfAttribute::ALL.iter().copied().filter(|_| row.has_interface).collect();
    let mut heading = vec!["VF".to_owned(), "DEVICE".to_owned(), "DRIVER".to_owned(), "INTERFACE".to_owned()];
    heading.extend(attributes.iter().map(|attribute| attribute.key().to_uppercase()));
    heading.push("IN USE BY".to_owned());
    let mut rows = vec![heading];
    for (index, vf) in pf.vfs.iter().take(SHOWN_VFS) {
        let mut cells = vec![
            index.to_string(),
            vf.pci.map_or("-".to_owned(), |address| address.to_string()),
            vf.driver.as_ref().map_or("none".to_owned(), ToString::to_string),
            vf.netdev.as_ref().map_or("-".to_owned(), |netdev| netdev.name.to_string()),
        ];
        cells.extend(attributes.iter().map(|attribute| attribute_cell(vf, *attribute, row, pf.device)));
        cells.push(vf.uses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
        rows.push(cells);
    }
    let mut text = table(2, &rows);
    if pf.vfs.len() > SHOWN_VFS {
        text.push_str(&format!("  … and {} more; -o json shows all\n", pf.vfs.len() - SHOWN_VFS));
    }
    text
}

/// Returns an attribute's reading; `-` where the driver has no such thing, `?` where it could not be read.
fn attribute_cell(vf: &VfFacts, attribute: VfAttribute, row: &DriverRow, device: Option<PciId>) -> String {
    match vf::read(vf, attribute, row, device) {
        Reading::Known(value) if value == VfAttribute::MacAddress.factory() => "none".to_owned(),
        Reading::Known(value) => value.to_string(),
        Reading::Unsupported => "-".to_owned(),
        Reading::Unreadable(_) => "?".to_owned(),
    }
}
