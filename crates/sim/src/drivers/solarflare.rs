//! Solarflare's sfc, sfc_ef100 and sfc_siena (drivers/net/ethernet/sfc).

use vfctl_model::{Toggle, VfAttribute, VfValue};

use super::row::{AttributeRow, Counts, DriverRules, Keeps, MacEffect, MacShown, Refusal, Starts, When};
use crate::errno::Errno;

/// 802.1Q alone (`efx_sriov_set_vf_vlan`).
const TAG_PROTOCOL: Refusal = Refusal { when: When::ServiceTag, errno: Errno::EPROTONOSUPPORT };

/// sfc of the EF10 cards (ef10_sriov.c): each new VF has a random MAC; a spoof check is taken and never shown.
pub(crate) const SFC: DriverRules = DriverRules {
    name: "sfc",
    attributes: &[
        AttributeRow::refusing(
            VfAttribute::Vlan,
            &[TAG_PROTOCOL, Refusal { when: When::Priority, errno: Errno::EINVAL }],
        ),
        AttributeRow {
            attribute: VfAttribute::SpoofCheck,
            starts: Starts::NotReported,
            refusals: &[],
            keeps: Keeps::Unseen,
        },
        AttributeRow::missing(VfAttribute::Trust, Starts::NotReported),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow::missing(VfAttribute::Rate, Starts::Factory),
    ],
    vf_driver: Some("sfc"),
    mac_shown: MacShown::Own,
    mac_effect: MacEffect::ByReset,
    ..DriverRules::COMMON
};

/// sfc_ef100 (ef100_sriov.c): a count and nothing else.
pub(crate) const SFC_EF100: DriverRules = DriverRules {
    name: "sfc_ef100",
    attributes: &[
        AttributeRow::missing(VfAttribute::MacAddress, Starts::NotReported),
        AttributeRow::missing(VfAttribute::Vlan, Starts::NotReported),
        AttributeRow::missing(VfAttribute::Trust, Starts::NotReported),
        AttributeRow::missing(VfAttribute::SpoofCheck, Starts::NotReported),
        AttributeRow::missing(VfAttribute::LinkState, Starts::NotReported),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow::missing(VfAttribute::Rate, Starts::NotReported),
    ],
    ..DriverRules::COMMON
};

/// sfc_siena (siena/siena_sriov.c): `efx_siena_sriov_configure` returns 0, so that the store succeeds and nothing happens.
pub(crate) const SFC_SIENA: DriverRules = DriverRules {
    name: "sfc_siena",
    attributes: &[
        AttributeRow::refusing(VfAttribute::Vlan, &[TAG_PROTOCOL]),
        AttributeRow::starting(VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off)),
        AttributeRow::missing(VfAttribute::Trust, Starts::NotReported),
        AttributeRow::missing(VfAttribute::LinkState, Starts::Factory),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow::missing(VfAttribute::Rate, Starts::Factory),
    ],
    counts: Counts::Ignored,
    vf_netdev: false,
    ..DriverRules::COMMON
};
