//! Intel's drivers: igb, ixgbe, i40e and ice (drivers/net/ethernet/intel).

use std::time::Duration;

use vfctl_model::VfAttribute;

use super::row::{
    AttributeRow, DriverRules, EswitchRules, Keeps, MacEffect, MacShown, Refusal, Starts, When,
};
use crate::errno::Errno;

/// Only 802.1Q is taken.
const NO_SERVICE_TAG: AttributeRow = AttributeRow::refusing(
    VfAttribute::Vlan,
    &[Refusal { when: When::ServiceTag, errno: Errno::EPROTONOSUPPORT }],
);

/// igb of the 82576 (igb/igb_main.c): `igb_ndo_set_vf_bw` wants a carrier even to take a limit away; a count or
/// MTU change closes and opens the port (`igb_sriov_reinit`, `igb_change_mtu`); rates end when the link comes
/// back with another speed (`igb_check_vf_rate_limit`), not when it comes back as it was.
pub(crate) const IGB: DriverRules = DriverRules {
    name: "igb",
    attributes: &[
        NO_SERVICE_TAG,
        AttributeRow::missing(VfAttribute::LinkState, Starts::Factory),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow::refusing(
            VfAttribute::Rate,
            &[
                Refusal { when: When::MinRate, errno: Errno::EINVAL },
                Refusal { when: When::NoCarrier, errno: Errno::EINVAL },
                Refusal { when: When::AboveSpeed, errno: Errno::EINVAL },
            ],
        ),
    ],
    vf_driver: Some("igbvf"),
    mac_shown: MacShown::Own,
    // igbvf and ixgbevf ask the PF: "PF still in reset state. Is the PF interface up?"
    mac_asks_pf: true,
    carrier_after: Some(Duration::from_millis(2500)),
    speed: Some(1000),
    rates_end_with_speed: true,
    routing: (0x80, 2),
    ..DriverRules::COMMON
};

/// ixgbe of the 82599 (ixgbe/ixgbe_sriov.c): rates want 10 Gbit/s; link state `enable` is accepted and ignored.
pub(crate) const IXGBE: DriverRules = DriverRules {
    name: "ixgbe",
    attributes: &[
        NO_SERVICE_TAG,
        AttributeRow {
            attribute: VfAttribute::LinkState,
            starts: Starts::Factory,
            refusals: &[],
            keeps: Keeps::AllButEnable,
        },
        AttributeRow::refusing(
            VfAttribute::Rate,
            &[
                Refusal { when: When::NoCarrier, errno: Errno::EINVAL },
                Refusal { when: When::SpeedOtherThan(10_000), errno: Errno::EINVAL },
                Refusal { when: When::MinRate, errno: Errno::EINVAL },
                Refusal { when: When::LimitUpTo(10), errno: Errno::EINVAL },
                Refusal { when: When::AboveSpeed, errno: Errno::EINVAL },
            ],
        ),
    ],
    vf_driver: Some("ixgbevf"),
    vf_max_mtu: 9710,
    vf_mtu_within_pf: true,
    mac_shown: MacShown::Own,
    // igbvf and ixgbevf ask the PF: "PF still in reset state. Is the PF interface up?"
    mac_asks_pf: true,
    carrier_after: Some(Duration::from_millis(2500)),
    rates_end_with_speed: true,
    routing: (0x80, 2),
    ..DriverRules::COMMON
};

/// i40e (i40e/i40e_virtchnl_pf.c): MAC and VLAN reset the VF, and until it is back attributes get EAGAIN.
pub(crate) const I40E: DriverRules = DriverRules {
    name: "i40e",
    attributes: &[
        NO_SERVICE_TAG,
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow::refusing(
            VfAttribute::Rate,
            &[
                Refusal { when: When::MinRate, errno: Errno::EINVAL },
                // `i40e_set_bw_limit` takes the -EINVAL of an unknown speed for a very high one.
                Refusal { when: When::AboveKnownSpeed, errno: Errno::EINVAL },
            ],
        ),
    ],
    vf_driver: Some("iavf"),
    vf_max_mtu: 9702,
    mac_shown: MacShown::Own,
    mac_effect: MacEffect::ByReset,
    resets: 2,
    also_reset_by: &[VfAttribute::Trust],
    ..DriverRules::COMMON
};

/// ice in single VLAN mode (ice/ice_sriov.c).
pub(crate) const ICE: DriverRules = DriverRules {
    name: "ice",
    attributes: &[NO_SERVICE_TAG, AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported)],
    vf_driver: Some("iavf"),
    vf_max_mtu: 9702,
    mac_shown: MacShown::Own,
    mac_effect: MacEffect::ByReset,
    resets: 1,
    also_reset_by: &[VfAttribute::Trust],
    counts_guarantees: true,
    speed: Some(25_000),
    // `ice_eswitch_mode_set` and `ice_set_vf_trust`.
    eswitch: Some(EswitchRules {
        refuses: &[VfAttribute::Trust],
        with_vfs: Some(Errno::EOPNOTSUPP),
        ends_with_vfs: false,
        has_inline_and_encap: false,
    }),
    ..DriverRules::COMMON
};
