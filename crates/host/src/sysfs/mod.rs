//! What sysfs, and files like it, say about devices and the machine.

mod blacklist;
pub(crate) mod bounded;
pub(crate) mod default_driver;
mod depmod;
pub(crate) mod files;
pub(crate) mod functions;
pub(crate) mod iommu;
mod kept;
mod loadable;
pub(crate) mod pci_names;
pub(crate) mod pf;
pub(crate) mod serial;
pub(crate) mod system;
pub(crate) mod vf;
