//! Cisco's enic (drivers/net/ethernet/cisco/enic).

use vfctl_model::VfAttribute;

use super::row::{AttributeRow, Counts, DriverRules, Keeps, Starts};

/// enic (enic_main.c): VFs come with the driver; there is no `.ndo_get_vf_config`, so that nothing of a VF is shown.
pub(crate) const ENIC: DriverRules = DriverRules {
    name: "enic",
    attributes: &[
        AttributeRow {
            attribute: VfAttribute::MacAddress,
            starts: Starts::NotReported,
            refusals: &[],
            keeps: Keeps::Unseen,
        },
        AttributeRow::missing(VfAttribute::Vlan, Starts::NotReported),
        AttributeRow::missing(VfAttribute::Trust, Starts::NotReported),
        AttributeRow::missing(VfAttribute::SpoofCheck, Starts::NotReported),
        AttributeRow::missing(VfAttribute::LinkState, Starts::NotReported),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow::missing(VfAttribute::Rate, Starts::NotReported),
    ],
    counts: Counts::Refused,
    vf_driver: Some("enic"),
    ..DriverRules::COMMON
};
