//! What sysfs, and files like it, tell of devices and of the machine.

mod barred;
pub(crate) mod bounded;
pub(crate) mod default_driver;
pub(crate) mod files;
pub(crate) mod iommu;
pub(crate) mod pci_names;
pub(crate) mod pf;
pub(crate) mod serial;
pub(crate) mod system;
pub(crate) mod vf;
