//! What the facts of a host say of VFs that a pool refers to by `from`.

use std::collections::BTreeMap;

use vfctl_model::{DeviceAddress, DevicePluginDeviceType, DriverName, PciClass, VfIndex, VfSet};

use super::findings::{failed_term, grouped, vf_among};
use super::references::{PlacedPool, Reference};
use super::simulator::{Device, Fact, Pool, Role};
use crate::DesiredPf;
use crate::context::PfContext;
use crate::finding::Findings;
use crate::lane::HostContext;

/// Adds what is wrong with the PFs and sets of VFs that a pool refers to.
pub(super) fn add<'a>(
    context: &HostContext<'a>,
    pfs: &'a BTreeMap<DeviceAddress, DesiredPf>,
    placed: &PlacedPool<'a>,
    findings: &mut Findings,
) {
    for reference in placed.references(context, pfs) {
        let Reference { device, desired, facts, vfs, origin } = reference;
        let name = desired.name.rsplit('/').next().unwrap_or_default();
        if device.pci().is_none() {
            let message = format!("`{name}` is {device}, and the device plugin takes PCI devices only");
            findings.problem(Some(&origin), message, "remove it from the pool");
            continue;
        }
        if let Some((message, help)) = wrong_class(name, facts.class, placed.pool.device_type) {
            findings.problem(Some(&origin), message, help);
            continue;
        }
        let count = PfContext::new(context, facts, desired).count;
        let past: VfSet = vfs.iter().flat_map(|vfs| vfs.iter()).filter(|vf| vf.0 >= count).collect();
        if !past.is_empty() {
            let message = format!("vf {past} will not exist: `{name}` will have {count} on this host");
            findings.problem(Some(&origin), message, "raise the count, or remove them from the pool");
        }
    }
}

/// Returns what is wrong with the class of a PF, and what to do; `None` where nothing is, or it is not known.
pub(super) fn wrong_class(
    name: &str,
    class: Option<PciClass>,
    kind: DevicePluginDeviceType,
) -> Option<(String, String)> {
    let base = class?.0 >> 16;
    if base == u32::from(kind.base_class()) {
        return None;
    }
    let mut kinds = DevicePluginDeviceType::ALL.iter();
    let other = kinds.find(|kind| u32::from(kind.base_class()) == base);
    let what = match base {
        0x01 => " (storage, such as NVMe)",
        0x03 => " (graphics)",
        _ => "",
    };
    let message = format!(
        "`{name}` is of PCI class {base:02x}{what}: the device plugin takes 02 as netDevice and 12 as accelerator only"
    );
    let help = match other {
        Some(kind) => format!("write `deviceType: {kind}`"),
        None => "remove it from the pool; another device plugin must offer it".to_owned(),
    };
    Some((message, help))
}

/// Adds which VFs the plugin leaves out, though the pool names them.
pub(super) fn add_left_out<'a>(
    context: &HostContext<'a>,
    pfs: &'a BTreeMap<DeviceAddress, DesiredPf>,
    placed: &PlacedPool<'a>,
    pool: &Pool,
    devices: &[Device],
    findings: &mut Findings,
) {
    for reference in placed.references(context, pfs) {
        let Some(pf) = reference.device.pci() else { continue };
        let name = reference.desired.name.rsplit('/').next().unwrap_or_default();
        let meant = |device: &&Device| vf_among(device, pf, reference.vfs);
        let vfio = devices.iter().filter(meant).filter(|device| {
            placed.pool.is_rdma
                && matches!(&device.driver, Fact::Known(Some(driver)) if DriverName::is_for_user_space(driver))
        });
        let vfio: VfSet = vfio.filter_map(index_of).collect();
        if !vfio.is_empty() {
            let message = format!(
                "vf {vfio} of `{name}`: the pool has `isRdma`, and a VF with a driver for user space has no RDMA device"
            );
            let help = "remove `isRdma`, or give the VFs a driver of the kernel";
            findings.problem(Some(&reference.origin), message, help);
            continue;
        }
        let left_out = pool.left_out.iter().filter_map(|(address, why)| {
            let device = devices.iter().find(|device| device.address == *address).filter(meant)?;
            Some((device.address, failed_term(why)?.to_owned()))
        });
        for (why, addresses) in grouped(left_out) {
            let vfs = devices.iter().filter(|device| addresses.contains(&device.address));
            let vfs: VfSet = vfs.filter_map(index_of).collect();
            let message =
                format!("vf {vfs} of `{name}`: the device plugin leaves it out of {}: {why}", pool.resource);
            findings.note(Some(&reference.origin), message);
        }
    }
}

fn index_of(device: &Device) -> Option<VfIndex> {
    match &device.role {
        Role::Vf { index, .. } => Some(*index),
        Role::Pf(_) | Role::Plain => None,
    }
}
