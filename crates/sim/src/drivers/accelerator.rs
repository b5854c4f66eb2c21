//! Drivers of devices that are no network cards: QuickAssist (drivers/crypto/intel/qat) and graphics (drivers/gpu/drm/xe).

use vfctl_model::PciClass;

use super::row::{Counts, DriverRules};

/// QuickAssist (qat_common/adf_sriov.c): `adf_enable_sriov` enables all VFs, whatever was asked for.
const QAT: DriverRules =
    DriverRules { class: PciClass(0x0b_4000), counts: Counts::All, ..DriverRules::NO_INTERFACE };

/// QuickAssist of the fourth generation (qat_4xxx).
pub(crate) const QAT_4XXX: DriverRules = DriverRules { name: "4xxx", ..QAT };
/// QuickAssist of the fourth generation with a second engine (qat_420xx).
pub(crate) const QAT_420XX: DriverRules = DriverRules { name: "420xx", ..QAT };
/// QuickAssist of the C3000 (qat_c3xxx, qat_c3xxxvf).
pub(crate) const QAT_C3XXX: DriverRules = DriverRules { name: "c3xxx", vf_driver: Some("c3xxxvf"), ..QAT };
/// QuickAssist of the C620 (qat_c62x, qat_c62xvf).
pub(crate) const QAT_C6XX: DriverRules = DriverRules { name: "c6xx", vf_driver: Some("c6xxvf"), ..QAT };
/// QuickAssist of the DH8950 (qat_dh895xcc, qat_dh895xccvf).
pub(crate) const QAT_DH895XCC: DriverRules =
    DriverRules { name: "dh895xcc", vf_driver: Some("dh895xccvf"), ..QAT };

/// Intel's graphics (xe_pci_sriov.c).
pub(crate) const XE: DriverRules = DriverRules {
    name: "xe",
    class: PciClass(0x03_0000),
    vf_driver: Some("xe"),
    ..DriverRules::NO_INTERFACE
};
