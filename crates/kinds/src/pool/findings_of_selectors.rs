//! What the facts of a host say of a pool with selectors in the device plugin's own terms: they may mean more, or less, than was
//! thought.

use vfctl_model::PciAddress;

use super::findings::{grouped, some_of};
use super::findings_of_references::wrong_class;
use super::references::PlacedPool;
use super::simulator::{Device, Fact, LeftOut, Pool, Role, pf_of};
use crate::finding::Findings;

/// Adds what the selectors of a pool mean on the host.
pub(super) fn add(placed: &PlacedPool<'_>, pool: &Pool, devices: &[Device], findings: &mut Findings) {
    let origin = placed.origin();
    let name = &pool.resource;
    let taken = devices.iter().filter(|device| pool.takes.contains(&device.address));
    let (named, by_others): (Vec<&Device>, Vec<&Device>) =
        taken.partition(|device| is_named(placed, device.address));
    let of = |devices: &[&Device], is_meant: fn(&Role) -> bool| -> Vec<PciAddress> {
        devices.iter().filter(|device| is_meant(&device.role)).map(|device| device.address).collect()
    };
    let is_pf: fn(&Role) -> bool = |role| matches!(role, Role::Pf(_));
    let is_plain: fn(&Role) -> bool = |role| matches!(role, Role::Plain);
    let pfs = of(&by_others, is_pf);
    if !pfs.is_empty() {
        let message = format!(
            "{name} would hand whole PFs to pods: {}; the device plugin offers a PF that has no VFs",
            some_of(&pfs)
        );
        let help = "write `from` instead of selectors; or name these PFs in `pciAddresses` if that is meant";
        findings.problem(Some(&origin), message, help);
    }
    let pfs = of(&named, is_pf);
    if !pfs.is_empty() {
        findings.note(Some(&origin), format!("{name} hands whole PFs to pods: {}", some_of(&pfs)));
    }
    let plain = of(&by_others, is_plain);
    if !plain.is_empty() {
        let message = format!("{name} hands devices without SR-IOV to pods: {}", some_of(&plain));
        findings.note(Some(&origin), message);
    }
    for device in devices.iter().filter(|device| is_named(placed, device.address)) {
        let Fact::Known(class) = &device.class else { continue };
        let name = device.address.to_string();
        if let Some((message, help)) = wrong_class(&name, Some(*class), placed.pool.device_type) {
            findings.problem(Some(&origin), message, help);
        }
    }
    let taken_before = pool.left_out.iter().filter_map(|(address, why)| match why {
        LeftOut::TakenBy(resource) => Some((*address, resource.clone())),
        LeftOut::Term(_) => None,
    });
    for (resource, addresses) in grouped(taken_before) {
        let message =
            format!("{} would fit {name}, but {resource} comes first and takes it", some_of(&addresses));
        findings.note(Some(&origin), message);
    }
}

/// Returns whether the pool names this very device, or the PF that it is a VF of, by address.
fn is_named(placed: &PlacedPool<'_>, address: PciAddress) -> bool {
    placed.pool.selectors.0.iter().any(|selector| {
        let roots = selector.root_devices.iter().filter_map(|entry| pf_of(entry).parse().ok());
        selector.pci_addresses.contains(&address) || roots.into_iter().any(|root: PciAddress| root == address)
    })
}
