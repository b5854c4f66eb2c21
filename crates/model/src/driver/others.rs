//! The drivers of devices without a link that are known: no network cards, and ports that user space drives.

use super::row::{CountWay, DriverRow, KNOWN};

/// What holds of each of them.
const NO_INTERFACE: DriverRow = DriverRow { has_interface: false, ..KNOWN };

/// A driver that has no `.sriov_configure`.
const NO_VFS: DriverRow = DriverRow { count: CountWay::Nothing, ..NO_INTERFACE };

/// Intel QuickAssist (drivers/crypto/intel/qat/qat_common/adf_sriov.c): "all the VFs supported in hardware must be enabled"
/// (`adf_enable_sriov`).
const QAT: DriverRow = DriverRow { count: CountWay::AllOrNone, ..NO_INTERFACE };

/// The drivers that are known.
pub(super) const ROWS: &[DriverRow] = &[
    // drivers/nvme/host/pci.c: no network card, only a count and drivers.
    DriverRow { driver: "nvme", ..NO_INTERFACE },
    // drivers/crypto/intel/qat/qat_4xxx/adf_drv.c, qat_420xx: the kernel has no driver for their VFs.
    DriverRow { driver: "4xxx", ..QAT },
    DriverRow { driver: "420xx", ..QAT },
    DriverRow { driver: "c3xxx", vf_driver: Some("c3xxxvf"), ..QAT },
    DriverRow { driver: "c6xx", vf_driver: Some("c6xxvf"), ..QAT },
    DriverRow { driver: "dh895xcc", vf_driver: Some("dh895xccvf"), ..QAT },
    // drivers/gpu/drm/xe/xe_pci_sriov.c. The kernel's i915 makes no VFs, but others' builds of it do, so it has no row.
    DriverRow { driver: "xe", vf_driver: Some("xe"), ..NO_INTERFACE },
    // drivers/pci/pci-pf-stub.c: `pci_sriov_configure_simple`.
    DriverRow { driver: "pci-pf-stub", ..NO_INTERFACE },
    // drivers/vfio/pci/vfio_pci.c: `vfio_pci_sriov_configure`, where `enable_sriov` is set.
    DriverRow { driver: "vfio-pci", ..NO_INTERFACE },
    // drivers/uio/uio_pci_generic.c, drivers/pci/pci-stub.c, and DPDK's igb_uio.c.
    DriverRow { driver: "uio_pci_generic", ..NO_VFS },
    DriverRow { driver: "igb_uio", ..NO_VFS },
    DriverRow { driver: "pci-stub", ..NO_VFS },
];
