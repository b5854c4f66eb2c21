//! Processes that have a vfio group or device open.
//!
//! To unbind or remove such a VF would block in the kernel with the PF locked, so the answer must not be
//! missed: what cannot be looked at is said.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use vfctl_model::PciAddress;
use vfctl_port::{Use, VfFacts};

use crate::processes::{Process, list_processes};
use crate::roots::Roots;
use crate::sysfs::files::{link_name, names, text};

/// The first process namespace has this inode (`PROC_PID_INIT_INO`, include/linux/proc_ns.h).
const FIRST_PID_NAMESPACE: u64 = 0xefff_fffc;

/// All open vfio files.
#[derive(Debug, Default)]
pub(crate) struct VfioUsers {
    /// Holders by the path below `/dev/vfio`: a group's number, or `devices/vfioN`.
    by_node: BTreeMap<String, Vec<String>>,
    /// Holders by the device's folder in sysfs, as `/proc/*/fdinfo` names it (Linux 6.17).
    by_device: BTreeMap<String, Vec<String>>,
    /// Holders of a device that cannot be told.
    unnamed: Vec<String>,
    /// Why some processes could not be looked at.
    blind: Vec<String>,
}

impl VfioUsers {
    /// Looks through the open files of every process.
    pub(crate) fn search(roots: &Roots, processes: &[Process]) -> Self {
        let mut found = Self::default();
        let mut unreadable = 0;
        for process in processes {
            match found.add(roots, process) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => unreadable += 1,
                // It ended meanwhile.
                Ok(()) | Err(_) => {}
            }
        }
        if unreadable > 0 {
            found
                .blind
                .push(format!("the open files of {unreadable} processes are not readable; run as root"));
        }
        let namespace = fs::metadata(roots.path("/proc/self/ns/pid")).map(|metadata| metadata.ino());
        if namespace.is_ok_and(|inode| inode != FIRST_PID_NAMESPACE) {
            found.blind.push("processes outside this container are not visible".to_owned());
        }
        found
    }

    /// Returns the uses of a VF that a vfio driver holds, or none. What could not be looked at counts only
    /// where a vfio driver is seen.
    pub(crate) fn uses_of(&self, roots: &Roots, address: PciAddress, vf: &VfFacts) -> Vec<Use> {
        let group = vf.iommu_group.as_ref().map(|group| group.number.to_string());
        let holders = self.holders(roots, address, group.as_deref());
        if vf.driver.is_none() {
            return holders.into_iter().map(|holder| Use::VfioOpen { holder }).collect();
        }
        let open = holders.into_iter().map(|holder| Use::VfioOpen { holder });
        let unnamed = self.unnamed.iter().map(|holder| Use::CouldNotLook {
            why: format!("{holder} has a vfio device open, and the kernel does not say which"),
        });
        let blind = self.blind.iter().map(|why| Use::CouldNotLook { why: why.clone() });
        open.chain(unnamed).chain(blind).collect()
    }

    fn holders(&self, roots: &Roots, address: PciAddress, group: Option<&str>) -> Vec<String> {
        let folder = roots.function(address);
        let mut nodes: Vec<String> =
            group.into_iter().flat_map(|g| [g.to_owned(), format!("noiommu-{g}")]).collect();
        let devices = names(&folder.join("vfio-dev")).unwrap_or_default();
        nodes.extend(devices.iter().map(|device| format!("devices/{device}")));
        let by_node = nodes.iter().filter_map(|node| self.by_node.get(node));
        let by_device = self
            .by_device
            .iter()
            .filter(|(folder, _)| folder.rsplit('/').next().is_some_and(|name| name == address.to_string()));
        let mut holders: Vec<String> =
            by_node.chain(by_device.map(|(_, holders)| holders)).flatten().cloned().collect();
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    /// Adds the open files of one process.
    fn add(&mut self, roots: &Roots, process: &Process) -> io::Result<()> {
        let folder = process.folder(roots);
        let holder = process.to_string();
        let (mut named, mut unnamed) = (false, false);
        for number in names(&folder.join("fd"))? {
            let Ok(target) = fs::read_link(folder.join("fd").join(&number)) else { continue };
            // A process with another root may show what lies before `/dev`.
            if let Some((_, node)) = target.to_str().and_then(|path| path.split_once("/dev/vfio/")) {
                // The file that holds groups together names none.
                if node != "vfio" {
                    named = true;
                    self.by_node.entry(node.to_owned()).or_default().push(holder.clone());
                }
            } else if target == Path::new("anon_inode:[vfio-device]") {
                match device_of(&folder.join("fdinfo").join(&number)) {
                    Some(device) => self.by_device.entry(device).or_default().push(holder.clone()),
                    None => unnamed = true,
                }
            }
        }
        // Whoever opened a device through a group keeps the group open, and is counted by it.
        if unnamed && !named {
            self.unnamed.push(holder);
        }
        Ok(())
    }
}

/// Returns who has this function's vfio device open right now; looked at before a write that would block.
pub(crate) fn vfio_holders(roots: &Roots, addresses: &[PciAddress]) -> Vec<(PciAddress, String)> {
    let may_be_open = |address: &PciAddress| {
        let driver: Option<vfctl_model::DriverName> = link_name(&roots.function(*address).join("driver"));
        driver.is_none_or(|driver| driver.is_vfio())
    };
    let addresses: Vec<_> = addresses.iter().copied().filter(may_be_open).collect();
    if addresses.is_empty() {
        return Vec::new();
    }
    let users = VfioUsers::search(roots, &list_processes(roots).unwrap_or_default());
    let mut found = Vec::new();
    for address in addresses {
        let group: Option<String> = link_name(&roots.function(address).join("iommu_group"));
        let holders = users.holders(roots, address, group.as_deref());
        found.extend(holders.into_iter().map(|holder| (address, holder)));
    }
    found
}

/// Returns the folder of the device that an open file stands for.
fn device_of(fdinfo: &Path) -> Option<String> {
    let info = text(fdinfo).ok()?;
    info.lines().find_map(|line| line.strip_prefix("vfio-device-syspath:")).map(|path| path.trim().to_owned())
}
