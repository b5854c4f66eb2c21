//! The kernel's own netdevsim (drivers/net/netdevsim).

use vfctl_model::{Toggle, VfAttribute, VfLinkState, VfValue};

use super::row::{AttributeRow, DriverRules, EswitchRules, Keeps, MacEffect, Starts};

/// netdevsim (netdev.c, dev.c): VFs are rows of an array that is cleared once, when the device is made, so
/// their attributes outlive a count of 0; rates are 16 bits wide; `nsim_open` gives no carrier back.
pub(crate) const NETDEVSIM: DriverRules = DriverRules {
    name: "netdevsim",
    attributes: &[
        AttributeRow::starting(VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off)),
        AttributeRow::starting(VfAttribute::LinkState, VfValue::LinkState(VfLinkState::Auto)),
        AttributeRow {
            attribute: VfAttribute::Rate,
            starts: Starts::Factory,
            refusals: &[],
            keeps: Keeps::SixteenBitsOfRate,
        },
    ],
    vf_netdev: false,
    mac_effect: MacEffect::ByReset,
    carrier_ends_with_down: true,
    speed: None,
    attributes_outlive: true,
    eswitch: Some(EswitchRules {
        refuses: &[VfAttribute::Rate],
        with_vfs: None,
        ends_with_vfs: true,
        has_inline_and_encap: false,
    }),
    ..DriverRules::COMMON
};
