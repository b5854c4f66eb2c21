//! Drivers that hand a network card to user space, or do nothing with it (drivers/vfio/pci, drivers/uio, drivers/pci).

use super::row::{Counts, DriverRules};

/// A driver without `.sriov_configure`.
const NO_VFS: DriverRules = DriverRules { counts: Counts::Refused, ..DriverRules::NO_INTERFACE };

/// pci-pf-stub (drivers/pci/pci-pf-stub.c): VFs and nothing else, by `pci_sriov_configure_simple`.
pub(crate) const PCI_PF_STUB: DriverRules = DriverRules { name: "pci-pf-stub", ..DriverRules::NO_INTERFACE };
/// vfio-pci with its parameter `enable_sriov` as it is by default (`vfio_pci_sriov_configure`): ENOENT.
pub(crate) const VFIO_PCI: DriverRules = DriverRules { name: "vfio-pci", ..NO_VFS };
/// uio_pci_generic (drivers/uio/uio_pci_generic.c).
pub(crate) const UIO_PCI_GENERIC: DriverRules = DriverRules { name: "uio_pci_generic", ..NO_VFS };
/// DPDK's igb_uio, which is not in the kernel.
pub(crate) const IGB_UIO: DriverRules = DriverRules { name: "igb_uio", ..NO_VFS };
/// pci-stub (drivers/pci/pci-stub.c).
pub(crate) const PCI_STUB: DriverRules = DriverRules { name: "pci-stub", ..NO_VFS };
