//! Where `/sys`, `/proc`, `/dev` and the like are found.

use std::path::{Path, PathBuf};

use vfctl_model::{DeviceAddress, PciAddress};

/// The folder that stands for `/`: the machine's own, one mounted into a container, or a test's.
#[derive(Debug, Clone)]
pub struct Roots {
    base: PathBuf,
}

impl Roots {
    /// Returns the machine's own.
    pub fn of_this_machine() -> Self {
        Self::under("/")
    }

    /// Returns the one at `base`, which then holds `sys`, `proc`, `dev`, …
    pub fn under(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into() }
    }

    /// Returns where a path that begins with `/` is found.
    pub(crate) fn path(&self, absolute: impl AsRef<Path>) -> PathBuf {
        let absolute = absolute.as_ref();
        self.base.join(absolute.strip_prefix("/").unwrap_or(absolute))
    }

    /// Returns the folder of a device.
    pub(crate) fn device(&self, device: &DeviceAddress) -> PathBuf {
        self.path(device.sysfs())
    }

    /// Returns the folder of a PCI function.
    pub(crate) fn function(&self, address: PciAddress) -> PathBuf {
        self.device(&DeviceAddress::Pci(address))
    }
}

impl Default for Roots {
    fn default() -> Self {
        Self::of_this_machine()
    }
}
