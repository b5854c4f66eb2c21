//! Processes that have a VF's device files open: of vfio, vdpa, RDMA or uio.
//!
//! To unbind or remove a VF that is open through vfio or vdpa would block in the kernel with the PF locked, so the
//! answer must not be missed: what cannot be looked at is said.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use vfctl_model::{DriverName, PciAddress};
use vfctl_port::{Use, VfFacts};

use crate::processes::{Process, Processes, Unreadable};
use crate::roots::Roots;
use crate::sysfs::files::{names, text};

/// What a process holds that opened a device through a vfio group (`vfio_device_open_file`,
/// drivers/vfio/group.c).
const ANONYMOUS_DEVICE: &str = "anon_inode:[vfio-device]";

/// Folders of a device that name its files, the folder of those below `/dev`, and what their names begin with.
/// All but vfio's.
const DEVICE_FILES: [(&str, &str, &str); 2] =
    [("infiniband_verbs", "infiniband/", "uverbs"), ("uio", "", "uio")];

/// What the names of vdpa's files begin with, below `/dev` and in a vdpa device's folder (`vhost_vdpa_probe`,
/// drivers/vhost/vdpa.c).
const VDPA_FILE: &str = "vhost-vdpa-";

/// All open files that belong to devices of interest.
#[derive(Debug, Default)]
pub(crate) struct OpenFiles {
    /// Holders by the path below `/dev`.
    by_file: BTreeMap<String, Vec<String>>,
    /// Holders by the vfio device's folder in sysfs, as `/proc/*/fdinfo` names it (Linux 6.17).
    by_device: BTreeMap<String, Vec<String>>,
    /// Holders of a vfio device that cannot be named.
    unnamed: Vec<String>,
    /// Why some processes could not be looked at.
    unread: Vec<String>,
}

impl OpenFiles {
    /// Looks through the open files of every process.
    pub(crate) fn search(roots: &Roots, processes: &Processes) -> Self {
        let mut found = Self { unread: processes.hidden.clone(), ..Self::default() };
        let mut unreadable = Unreadable::default();
        // A helper that the kernel has started may have files open; its threads have none.
        let helper = |pid: &u32| Process { pid: *pid, name: "started by the kernel".to_owned() };
        let helpers = processes.kernel_threads.iter().map(helper);
        for process in processes.visible.iter().cloned().chain(helpers) {
            if let Err(error) = found.add(roots, &process) {
                unreadable.add(&error);
            }
        }
        found.unread.extend(unreadable.summary("the open files of"));
        found
    }

    /// Returns the uses of a VF through its device files. What could not be looked at counts only where there
    /// are such files.
    pub(crate) fn uses_of(&self, roots: &Roots, address: PciAddress, vf: &VfFacts) -> Vec<Use> {
        let group = vf.iommu_group.as_ref().map(|group| group.number.to_string());
        let mut uses: Vec<Use> = self
            .vfio_holders(roots, address, group.as_deref())
            .into_iter()
            .map(|holder| Use::VfioOpen { holder })
            .collect();
        uses.extend(
            self.vdpa_holders(roots, address)
                .into_iter()
                .map(|(file, holder)| Use::VdpaOpen { file, holder }),
        );
        let files = device_files(roots, address);
        for file in &files {
            for holder in self.by_file.get(file).into_iter().flatten() {
                uses.push(Use::DeviceOpen { file: format!("/dev/{file}"), holder: holder.clone() });
            }
        }
        let on_vfio = vf.driver.as_ref().is_some_and(DriverName::is_vfio);
        if on_vfio {
            uses.extend(
                self.unnamed.iter().map(|holder| Use::CouldNotLook { why: open_without_name(holder) }),
            );
        }
        if on_vfio || !files.is_empty() || has_vdpa_files(roots, address) {
            uses.extend(self.unread.iter().map(|why| Use::CouldNotLook { why: why.clone() }));
        }
        uses
    }

    /// Returns why a vfio device may be open unseen; `None` where all open files could be looked at and named.
    pub(crate) fn unseen(&self) -> Option<String> {
        let unnamed = self.unnamed.first().map(|holder| open_without_name(holder));
        unnamed.or_else(|| self.unread.first().cloned())
    }

    /// Returns who has a function open through vfio, of those that could be looked at and named; `group` is the
    /// number of its IOMMU group.
    pub(crate) fn vfio_holders(
        &self,
        roots: &Roots,
        address: PciAddress,
        group: Option<&str>,
    ) -> Vec<String> {
        let mut files: Vec<String> =
            group.into_iter().flat_map(|g| [format!("vfio/{g}"), format!("vfio/noiommu-{g}")]).collect();
        let devices = names(&roots.function(address).join("vfio-dev")).unwrap_or_default();
        files.extend(devices.iter().map(|device| format!("vfio/devices/{device}")));
        let by_file = files.iter().filter_map(|file| self.by_file.get(file));
        let is_this =
            |folder: &str| folder.rsplit('/').next().is_some_and(|name| name == address.to_string());
        let by_device =
            self.by_device.iter().filter(|(folder, _)| is_this(folder)).map(|(_, holders)| holders);
        let mut holders: Vec<String> = by_file.chain(by_device).flatten().cloned().collect();
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    /// Returns who has which file of a function's vdpa devices open, of those that could be looked at.
    pub(crate) fn vdpa_holders(&self, roots: &Roots, address: PciAddress) -> Vec<(String, String)> {
        let files = vdpa_files(roots, address);
        let holders = files.iter().flat_map(|file| {
            let holders = self.by_file.get(file).into_iter().flatten();
            holders.map(move |holder| (format!("/dev/{file}"), holder.clone()))
        });
        holders.collect()
    }

    /// Adds the open files of one process, as far as they can be read.
    fn add(&mut self, roots: &Roots, process: &Process) -> io::Result<()> {
        let folder = process.folder(roots);
        let holder = process.to_string();
        let (mut by_group, mut unnamed, mut denied) = (false, false, None);
        for number in names(&folder.join("fd"))? {
            let target = match fs::read_link(folder.join("fd").join(&number)) {
                Ok(target) => target,
                // It was closed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                // Whoever may list may not always follow: that takes the rights of a tracer
                // (`proc_fd_access_allowed`, fs/proc/base.c).
                Err(error) => {
                    denied = Some(error);
                    continue;
                }
            };
            let Some(target) = target.to_str() else { continue };
            if target == ANONYMOUS_DEVICE {
                match device_of(&folder.join("fdinfo").join(&number)) {
                    Some(device) => self.by_device.entry(device).or_default().push(holder.clone()),
                    None => unnamed = true,
                }
            // A process with another root may show what lies before `/dev`.
            } else if let Some((_, file)) = target.rsplit_once("/dev/") {
                // The file that holds vfio's groups together names none.
                by_group |= file.starts_with("vfio/") && file != "vfio/vfio";
                if file.starts_with("vfio/") || file.starts_with(VDPA_FILE) || is_device_file(file) {
                    self.by_file.entry(file.to_owned()).or_default().push(holder.clone());
                }
            }
        }
        // Whoever opened a device through a group keeps the group open, and is counted by it.
        if unnamed && !by_group {
            self.unnamed.push(holder);
        }
        denied.map_or(Ok(()), Err)
    }
}

fn open_without_name(holder: &str) -> String {
    format!("{holder} has a vfio device open, and the kernel does not say which")
}

/// Returns whether a function has device files other than vfio's.
pub(crate) fn has_device_files(roots: &Roots, address: PciAddress) -> bool {
    let folder = roots.function(address);
    DEVICE_FILES.iter().any(|(name, _, _)| folder.join(name).is_dir()) || has_vdpa_files(roots, address)
}

/// Returns whether a path below `/dev` is one of those files of some device.
fn is_device_file(file: &str) -> bool {
    DEVICE_FILES
        .iter()
        .any(|(_, below, start)| file.strip_prefix(below).is_some_and(|name| name.starts_with(start)))
}

/// Returns a function's device files other than vfio's, by their paths below `/dev`.
fn device_files(roots: &Roots, address: PciAddress) -> Vec<String> {
    let folder = roots.function(address);
    let files = DEVICE_FILES.iter().flat_map(|(name, below, _)| {
        names(&folder.join(name)).unwrap_or_default().into_iter().map(move |file| format!("{below}{file}"))
    });
    files.collect()
}

/// Returns whether guests can use a function through vdpa.
pub(crate) fn has_vdpa_files(roots: &Roots, address: PciAddress) -> bool {
    !vdpa_files(roots, address).is_empty()
}

/// Returns the files through which guests use a function's vdpa devices. Those have any name, and stand below the
/// function (`vdpa_alloc_device`, drivers/vdpa/vdpa.c; mlx5 and most others give it as their parent).
fn vdpa_files(roots: &Roots, address: PciAddress) -> Vec<String> {
    let all = roots.path("/sys/bus/vdpa/devices");
    let function = address.to_string();
    let is_below = |device: &Path| {
        fs::read_link(device).is_ok_and(|target| target.iter().any(|part| part == function.as_str()))
    };
    let devices = names(&all).unwrap_or_default().into_iter().map(|name| all.join(name));
    let files =
        devices.filter(|device| is_below(device)).flat_map(|device| names(&device).unwrap_or_default());
    files.filter(|file| file.starts_with(VDPA_FILE)).collect()
}

/// Returns the folder of the device that an open file stands for.
fn device_of(fdinfo: &Path) -> Option<String> {
    let info = text(fdinfo).ok()?;
    info.lines().find_map(|line| line.strip_prefix("vfio-device-syspath:")).map(|path| path.trim().to_owned())
}
