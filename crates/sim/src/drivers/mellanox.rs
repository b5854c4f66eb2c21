//! NVIDIA's mlx4_core and mlx5_core (drivers/net/ethernet/mellanox).

use vfctl_model::{Toggle, VfAttribute, VfValue};

use super::row::{AttributeRow, Counts, DriverRules, EswitchRules, MacEffect, Refusal, Starts, When};
use crate::errno::Errno;

/// mlx5_core in legacy mode (esw/legacy.c, eswitch.c): `mlx5_eswitch_get_vport_config` clears the whole
/// message first, so that the RSS query reads as off although there is no such operation.
pub(crate) const MLX5_CORE: DriverRules = DriverRules {
    name: "mlx5_core",
    attributes: &[
        AttributeRow::refusing(
            VfAttribute::Vlan,
            &[Refusal { when: When::ServiceTag, errno: Errno::EPROTONOSUPPORT }],
        ),
        AttributeRow::starting(VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off)),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::At(VfValue::Toggle(Toggle::Off))),
    ],
    vf_driver: Some("mlx5_core"),
    vf_max_mtu: 9978,
    vf_mtu_within_pf: true,
    speed: Some(100_000),
    // `mlx5_esw_offloads_start`: the firmware refuses while a VF has its driver.
    eswitch: Some(EswitchRules {
        refuses: &[VfAttribute::Vlan, VfAttribute::Trust, VfAttribute::SpoofCheck, VfAttribute::LinkState],
        with_vfs: Some(Errno::EINVAL),
        ends_with_vfs: false,
        has_inline_and_encap: true,
    }),
    routing: (1, 1),
    ..DriverRules::COMMON
};

/// mlx4_core of ConnectX-3 (mlx4/cmd.c): VFs come with the module alone; a MAC "will take effect only after vf restart".
pub(crate) const MLX4_CORE: DriverRules = DriverRules {
    name: "mlx4_core",
    attributes: &[
        AttributeRow::missing(VfAttribute::Trust, Starts::NotReported),
        AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported),
        AttributeRow::starting(VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off)),
        AttributeRow::refusing(
            VfAttribute::Rate,
            &[Refusal { when: When::MinRate, errno: Errno::EPROTONOSUPPORT }],
        ),
    ],
    counts: Counts::Refused,
    vf_driver: Some("mlx4_core"),
    mac_effect: MacEffect::OnRebind,
    speed: Some(40_000),
    routing: (1, 1),
    ..DriverRules::COMMON
};
