//! Netronome's nfp (drivers/net/ethernet/netronome/nfp).

use vfctl_model::{Toggle, VfAttribute, VfValue};

use super::row::{AttributeRow, DriverRules, Refusal, Starts, When};
use crate::errno::Errno;

/// nfp whose firmware has every capability (nfp_net_sriov.c): settings stand in a table of the firmware's that nobody clears;
/// `nfp_app_get_vf_config` clears the whole message first, so that the RSS query reads as off.
pub(crate) const NFP: DriverRules = DriverRules {
    name: "nfp",
    attributes: &[
        AttributeRow::starting(VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off)),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::At(VfValue::Toggle(Toggle::Off))),
        AttributeRow::refusing(
            VfAttribute::Rate,
            &[Refusal { when: When::RateFrom(0xffff), errno: Errno::EINVAL }],
        ),
    ],
    vf_driver: Some("nfp_netvf"),
    attributes_outlive: true,
    ..DriverRules::COMMON
};
