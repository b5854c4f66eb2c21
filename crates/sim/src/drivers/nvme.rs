//! The nvme driver: SR-IOV that is no network card (drivers/nvme/host/pci.c, `pci_sriov_configure_simple`).

use vfctl_model::PciClass;

use super::row::DriverRules;

/// nvme: neither PF nor VFs have a network interface, so there is nothing to set an attribute through. A VF is
/// offline until the PF gives it queues (NVMe 1.4, 8.5), which the kernel never does, so `nvme_probe` fails.
pub(crate) const NVME: DriverRules = DriverRules {
    name: "nvme",
    vf_driver: Some("nvme"),
    vf_driver_takes: false,
    class: PciClass(0x01_0802),
    ..DriverRules::NO_INTERFACE
};
