//! Broadcom's bnxt_en (drivers/net/ethernet/broadcom/bnxt).

use vfctl_model::{Toggle, VfAttribute, VfValue};

use std::time::Duration;

use super::row::{AttributeRow, DriverRules, EswitchRules, MacShown, Refusal, Starts, When};
use crate::errno::Errno;

/// bnxt_en without the firmware's tag protocol capability (bnxt_sriov.c): `bnxt_sriov_configure` answers 0
/// while the PF is down, so that the store succeeds and nothing happens.
pub(crate) const BNXT_EN: DriverRules = DriverRules {
    name: "bnxt_en",
    attributes: &[
        AttributeRow::refusing(
            VfAttribute::Vlan,
            &[
                Refusal { when: When::ServiceTag, errno: Errno::EPROTONOSUPPORT },
                Refusal { when: When::PriorityWithoutId, errno: Errno::EINVAL },
            ],
        ),
        AttributeRow::starting(VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off)),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow::refusing(
            VfAttribute::Rate,
            &[Refusal { when: When::AboveKnownSpeed, errno: Errno::EINVAL }],
        ),
    ],
    vf_driver: Some("bnxt_en"),
    vf_max_mtu: 9500,
    mac_shown: MacShown::Own,
    speed: Some(25_000),
    count_needs_up: true,
    // `bnxt_open_nic` after a count of 0 (`bnxt_restore_pf_fw_resources`) and a new MTU.
    carrier_after: Some(Duration::from_millis(300)),
    // `bnxt_dl_eswitch_mode_set`.
    eswitch: Some(EswitchRules {
        refuses: &[],
        with_vfs: None,
        ends_with_vfs: false,
        has_inline_and_encap: false,
    }),
    routing: (0x10, 1),
    ..DriverRules::COMMON
};
