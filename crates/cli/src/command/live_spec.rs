//! `vfctl discover -o spec`: hosts as specs whose plan is empty, now and after a reboot.

use vfctl_kinds::document;
use vfctl_kinds::vf::made_up_mac;
use vfctl_model::{HostName, MacAddress, RawReading, VfAttribute, VfIndex, VfValue};
use vfctl_port::{HostFacts, PfFacts, VfFacts, World};

use crate::error::CliError;
use crate::machine::Console;

/// Prints each host as a spec. MAC addresses that the VFs may have made up are comments there, unless they are pinned.
pub(super) fn print(mut world: World, pin_macs: bool, console: &mut Console<'_>) -> Result<(), CliError> {
    let several = world.hosts.len() > 1;
    for (position, (name, host)) in world.hosts.iter_mut().enumerate() {
        let separator = if position > 0 { "---\n" } else { "" };
        let comments = if pin_macs { String::new() } else { take_out_random_macs(host) };
        let config = document::live(&document_name(name), several.then_some(name), host);
        write!(console.out, "{separator}{comments}{}", vfctl_spec::emit(&config)?)?;
        console.say(&left_out(host));
    }
    Ok(())
}

/// Takes the MAC addresses that may be random out of the facts; returns comments that name them.
fn take_out_random_macs(host: &mut HostFacts) -> String {
    let mut comments = String::new();
    for (address, pf) in &mut host.physical_functions {
        let macs: Vec<(VfIndex, MacAddress)> =
            pf.vfs.iter().filter_map(|(index, vf)| Some((*index, random_mac(pf, vf)?))).collect();
        for (index, _) in &macs {
            if let Some(vf) = pf.vfs.get_mut(index) {
                vf.attributes.0.remove(VfAttribute::MacAddress);
            }
        }
        if macs.is_empty() {
            continue;
        }
        let title = pf.title(address);
        comments.push_str(&format!(
            "# {title}: these MAC addresses may be random, so they are left out and new VFs may get others.\n\
             # `vfctl discover -o spec --pin-macs` writes them into the spec.\n"
        ));
        for (VfIndex(index), mac) in macs {
            comments.push_str(&format!("#   vf {index}: {mac}\n"));
        }
    }
    comments
}

/// Returns the MAC address of a VF that it may have made up: a locally administered one, of a driver that shows those that
/// were given and those that a VF has chosen alike.
fn random_mac(pf: &PfFacts, vf: &VfFacts) -> Option<MacAddress> {
    match vf.attributes.0.get(VfAttribute::MacAddress) {
        Some(RawReading::Value(VfValue::Mac(mac))) if mac.is_local() && pf.row().shows_chosen_mac => {
            Some(*mac)
        }
        _ => None,
    }
}

/// Returns what is not in the spec of ports: what could not be read, and addresses that have not reached their VF.
fn left_out(host: &HostFacts) -> String {
    let mut text = String::new();
    for (address, pf) in &host.physical_functions {
        for unread in &pf.unread {
            text.push_str(&format!(
                "note: {address}: could not be read, so it is not in the spec: {unread}\n"
            ));
        }
        for (VfIndex(index), own) in
            pf.vfs.iter().filter_map(|(index, vf)| Some((index, made_up_mac(pf, vf)?)))
        {
            text.push_str(&format!(
                "note: {address}: vf {index}: its interface has {own} and not the MAC address that the PF has set, so \
                 that is not in the spec\n"
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
