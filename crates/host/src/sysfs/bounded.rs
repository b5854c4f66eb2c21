//! Reads that may have to wait for a device's lock: `driver_override` of VFs.
//!
//! `driver_override_show` (drivers/pci/pci-sysfs.c) takes the device's lock, which a VF that is being unbound
//! holds for as long as its user keeps it. A child reads; what it does not bring in time is not known.

use std::path::PathBuf;
use std::time::Duration;

use nix::errno::Errno;
use vfctl_model::{DeviceAddress, PciAddress, VfIndex};
use vfctl_port::HostFacts;
use vfctl_port::PfFacts;

use crate::child::{Children, Returned};
use crate::errno::cause;
use crate::roots::Roots;

/// How long the whole host's overrides may take; without a stuck writer it is milliseconds.
const LIMIT: Duration = Duration::from_secs(2);

/// Reads the overrides of all VFs of the host.
pub(crate) fn read_overrides(roots: &Roots, children: &Children, host: &mut HostFacts) {
    for (address, pf) in &mut host.physical_functions {
        read_overrides_of(roots, children, address, pf);
    }
}

/// Reads the overrides of one PF's VFs.
pub(crate) fn read_overrides_of(
    roots: &Roots,
    children: &Children,
    address: &DeviceAddress,
    pf: &mut PfFacts,
) {
    let vfs: Vec<(VfIndex, PciAddress)> =
        pf.vfs.iter().filter_map(|(index, vf)| Some((*index, vf.pci?))).collect();
    let paths: Vec<PathBuf> = vfs.iter().map(|(_, vf)| roots.function(*vf).join("driver_override")).collect();
    if paths.is_empty() {
        return;
    }
    let (results, why) = match children.read(&paths, LIMIT) {
        Ok(Returned::Whole(results)) => (results, None),
        Ok(Returned::Left { results, .. }) => (
            results,
            Some(format!(
                "{address}: the kernel holds the lock of a VF; a write to it by somebody else is stuck"
            )),
        ),
        Ok(Returned::Dead(results)) => (results, Some("the child that reads died".to_owned())),
        Err(error) => (Vec::new(), Some(format!("no child could be started: {error}"))),
    };
    let read = results.len();
    for ((index, _), result) in vfs.iter().zip(results) {
        let Some(vf) = pf.vfs.get_mut(index) else { continue };
        match result {
            // The kernel prints "(null)" where there is none.
            Ok(text) => vf.driver_override = text.parse().ok().filter(|_| text != "(null)"),
            Err(errno) if errno == Errno::ENOENT as i32 => {}
            Err(errno) => {
                pf.unread.push(format!("driver_override of VF {index}: {}", cause(Errno::from_raw(errno))));
            }
        }
    }
    if let (Some(why), Some((first, _))) = (why, vfs.get(read)) {
        pf.unread.push(format!("driver_override of VF {first} and those after it: {why}"));
    }
}
