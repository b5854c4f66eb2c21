//! QLogic's qede (drivers/net/ethernet/qlogic).

use vfctl_model::{Mbps, RateLimits, Toggle, VfAttribute, VfValue};

use super::row::{AttributeRow, DriverRules, Keeps, MacEffect, Refusal, Starts, When};
use crate::errno::Errno;

/// qede (qede_main.c, qed_sriov.c): `qede_set_vf_vlan` drops the priority;
/// `qed_get_vf_config` shows the link's speed where there is no limit; a VF takes a MAC at once (`qede_force_mac`).
pub(crate) const QEDE: DriverRules = DriverRules {
    name: "qede",
    attributes: &[
        AttributeRow {
            attribute: VfAttribute::MacAddress,
            starts: Starts::Factory,
            refusals: &[Refusal { when: When::ZeroMac, errno: Errno::EINVAL }],
            keeps: Keeps::AsGiven,
        },
        AttributeRow {
            attribute: VfAttribute::Vlan,
            starts: Starts::Factory,
            refusals: &[Refusal { when: When::ServiceTag, errno: Errno::EPROTONOSUPPORT }],
            keeps: Keeps::NoPriority,
        },
        AttributeRow::starting(VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off)),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow {
            attribute: VfAttribute::Rate,
            starts: Starts::At(VfValue::Rate(RateLimits { min: Mbps(0), max: Mbps(SPEED) })),
            refusals: &[],
            keeps: Keeps::LimitsAlone,
        },
    ],
    vf_driver: Some("qede"),
    mac_effect: MacEffect::ByReset,
    speed: Some(SPEED),
    counts_guarantees: true,
    ..DriverRules::COMMON
};

/// The link's speed in Mbit/s.
const SPEED: u32 = 25_000;
