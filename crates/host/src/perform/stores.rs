//! Operations that are stores into sysfs, each in a child that can be left behind.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use vfctl_model::{DeviceAddress, DriverName, PciAddress, Toggle, VfIndex};
use vfctl_port::{Op, Outcome};

use super::function::hold_address;
use super::module::load_module;
use crate::child::{Returned, Store, Stored, When};
use crate::errno::{io_cause, own_refusal, refusal};
use crate::host::LinuxHost;
use crate::sysfs::files::link_name;
use crate::sysfs::pf::vfs_of;
use crate::users::VfioWatch;

/// What clears `driver_override`: an empty line (`driver_set_override`, drivers/base/driver.c).
const NO_OVERRIDE: &str = "\n";

impl LinuxHost {
    /// Performs one op that is no message; `watch` knows who has what open through vfio.
    pub(crate) fn store_op(&self, op: &Op, watch: &VfioWatch<'_>, limit: Duration) -> Outcome {
        match op {
            Op::LoadModule { module } => load_module(&self.roots, module, limit),
            Op::SetVfCount { pf, count } => self.set_count(pf, *count, watch, limit),
            Op::SetDriversAutoprobe { pf, autoprobe } => {
                let value = match autoprobe {
                    Toggle::On => "1",
                    Toggle::Off => "0",
                };
                self.store(&[then(self.roots.device(pf).join("sriov_drivers_autoprobe"), value)], limit)
            }
            Op::UnbindDriver { pf, vf, device } => {
                self.other_function(pf, *vf, *device).unwrap_or_else(|| self.unbind(*device, watch, limit))
            }
            Op::BindDriver { pf, vf, device, driver, override_after } => self
                .other_function(pf, *vf, *device)
                .unwrap_or_else(|| self.bind(*device, driver, override_after.as_ref(), limit)),
            Op::ProbeDriver { pf, vf, device } => {
                self.other_function(pf, *vf, *device).unwrap_or_else(|| self.probe(*device, limit))
            }
            Op::SetVf { .. } | Op::SetPfMtu { .. } | Op::SetPfAdminState { .. } | Op::SetVfMtu { .. } => {
                Outcome::Refused(own_refusal("no store does this"))
            }
        }
    }

    fn other_function(&self, pf: &DeviceAddress, vf: VfIndex, device: PciAddress) -> Option<Outcome> {
        hold_address(&self.roots, pf, vf, device).err().map(Outcome::Refused)
    }

    fn set_count(&self, pf: &DeviceAddress, count: u16, watch: &VfioWatch<'_>, limit: Duration) -> Outcome {
        let vfs = vfs_of(&self.roots, pf);
        if usize::from(count) != vfs.len()
            && let Some(refused) = refuse_to_block(watch, &vfs)
        {
            return refused;
        }
        self.store(&[then(self.roots.device(pf).join("sriov_numvfs"), &count.to_string())], limit)
    }

    fn unbind(&self, device: PciAddress, watch: &VfioWatch<'_>, limit: Duration) -> Outcome {
        if let Some(refused) = refuse_to_block(watch, &[device]) {
            return refused;
        }
        let path = self.roots.function(device).join("driver/unbind");
        self.store(&[then(path, &device.to_string())], limit)
    }

    /// Binds by the driver's own `bind`, which tells why its probe failed; `drivers_probe` reports success then
    /// (`device_driver_attach`, drivers/base/dd.c).
    fn bind(
        &self,
        device: PciAddress,
        driver: &DriverName,
        override_after: Option<&DriverName>,
        limit: Duration,
    ) -> Outcome {
        let folder = self.roots.function(device);
        let driver_folder = self.roots.path("/sys/bus/pci/drivers").join(driver.as_str());
        if !folder.is_dir() {
            return Outcome::Refused(refusal(Errno::ENODEV, Some(format!("no device at {device}"))));
        }
        if !driver_folder.is_dir() {
            let cause = format!("no driver {driver} is registered; load module {}", driver.module());
            return Outcome::Refused(own_refusal(cause));
        }
        let over = folder.join("driver_override");
        let after = override_after.map_or(NO_OVERRIDE, DriverName::as_str).to_owned();
        let outcome = self.store(
            &[
                then(over.clone(), driver.as_str()),
                then(driver_folder.join("bind"), &device.to_string()),
                Store { path: over, value: after, when: When::Always },
            ],
            limit,
        );
        match (outcome, holder(&folder)) {
            (Outcome::Done, Some(holder)) if holder == *driver => Outcome::Done,
            // The driver's module was loaded just now, and it took what it is for.
            (Outcome::Refused(error), Some(holder))
                if holder == *driver && error.errno == Some(Errno::EBUSY as i32) =>
            {
                Outcome::Done
            }
            (Outcome::Done, Some(holder)) => {
                Outcome::Refused(own_refusal(format!("the kernel gave {device} to {holder} instead")))
            }
            (Outcome::Done, None) => {
                Outcome::Refused(own_refusal(format!("the kernel said yes and bound {device} to no driver")))
            }
            (other, _) => other,
        }
    }

    /// Lets the kernel choose. It reports success also where no driver wants the function or may have it
    /// (seen on Linux 6.12 with `sriov_drivers_autoprobe` 0), so the link tells.
    fn probe(&self, device: PciAddress, limit: Duration) -> Outcome {
        let folder = self.roots.function(device);
        let probe = self.roots.path("/sys/bus/pci/drivers_probe");
        let stores = [then(folder.join("driver_override"), NO_OVERRIDE), then(probe, &device.to_string())];
        match (self.store(&stores, limit), holder(&folder)) {
            (Outcome::Done, None) => {
                Outcome::Refused(own_refusal(format!("the kernel found no driver that may have {device}")))
            }
            (outcome, _) => outcome,
        }
    }

    /// Writes in order in a child; the first that is refused is the outcome.
    fn store(&self, stores: &[Store], limit: Duration) -> Outcome {
        let (results, left) = match self.children.store(stores, limit) {
            Ok(Returned::Whole(results)) => (results, None),
            Ok(Returned::Left { results, pid }) => {
                let hung = stores.get(results.len()).map(|store| store.path.display().to_string());
                let why = format!(
                    "after {} s pid {pid} still sits in the kernel, writing {}",
                    limit.as_secs(),
                    hung.unwrap_or_default()
                );
                (results, Some(why))
            }
            Ok(Returned::Dead(results)) => (results, Some("the child that writes died".to_owned())),
            Err(error) => {
                return Outcome::Refused(own_refusal(format!(
                    "start a child to write: {}",
                    io_cause(&error)
                )));
            }
        };
        let failed = stores.iter().zip(&results).find_map(|(store, result)| match result {
            Stored::Failed(errno) => Some((store, errno)),
            Stored::Done | Stored::Skipped => None,
        });
        match (failed, left) {
            (_, Some(why)) => Outcome::Unknown(why),
            (Some((store, Some(errno))), None) => {
                Outcome::Refused(refusal(Errno::from_raw(*errno), detail_of(store, *errno)))
            }
            (Some((store, None)), None) => {
                Outcome::Refused(own_refusal(format!("{} was not written whole", store.path.display())))
            }
            (None, None) => Outcome::Done,
        }
    }
}

/// Returns the refusal of a write that would block in the kernel for ever, with the PF locked: some of these
/// functions are open in a process. Looked at here and not in the plan alone, since nothing could take such a
/// write back.
fn refuse_to_block(watch: &VfioWatch<'_>, vfs: &[PciAddress]) -> Option<Outcome> {
    watch.obstacle(vfs).map(|why| Outcome::Refused(own_refusal(why)))
}

fn then(path: PathBuf, value: &str) -> Store {
    Store { path, value: value.to_owned(), when: When::ThenOnly }
}

/// Returns the driver that holds a function.
fn holder(function: &Path) -> Option<DriverName> {
    link_name(&function.join("driver"))
}

/// Says where the file itself is missing, which has the same number as a PF without driver.
fn detail_of(store: &Store, errno: i32) -> Option<String> {
    let missing = errno == Errno::ENOENT as i32 && !store.path.exists();
    missing.then(|| format!("there is no {}", store.path.display()))
}
