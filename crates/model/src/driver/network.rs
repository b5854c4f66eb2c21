//! The drivers of network cards that are known.

use super::row::{CheckWithoutAddress, CountWay, DriverRow, Guarantees, KNOWN, MtuChange, VlanPriority};
use crate::attribute::VfAttribute;
use crate::eswitch::EswitchRow;
use crate::toggle::Toggle;
use crate::vf_value::VfValue;

const SPOOF_CHECK_OFF: (VfAttribute, VfValue) = (VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off));

/// The drivers that are known.
pub(super) const ROWS: &[DriverRow] = &[
    // drivers/net/ethernet/intel/igb/igb_main.c
    DriverRow {
        driver: "igb",
        unsupported: &[VfAttribute::LinkState, VfAttribute::QueryRss],
        takes_8021ad: false,
        takes_min_rate: false,
        // `igb_ndo_set_vf_bw`: the 82576 alone.
        only_on: &[(VfAttribute::Rate, &["10c9", "10e6", "10e7", "10e8", "150a", "150d", "1518", "1526"])],
        rate_needs_carrier: true,
        rate_within_speed: true,
        mac_needs_rebind: true,
        // `igbvf_probe`: "PF still in reset state. Is the PF interface up?"
        mac_needs_pf_up: true,
        count_flaps_link: true,
        mtu_change: MtuChange::ResetsPf,
        vf_driver: Some("igbvf"),
        ..KNOWN
    },
    // drivers/net/netdevsim/dev.c; settings are zeroed when `max_vfs` is written, not when VFs come and go.
    DriverRow {
        driver: "netdevsim",
        // `struct nsim_vf_config`: rates are 16 bits wide, and what is above is cut off.
        rate_below: Some(65_536),
        shows_chosen_mac: false,
        settings_outlive_vf: true,
        mtu_change: MtuChange::DisruptsNobody,
        // `nsim_devlink_eswitch_mode_set`, `nsim_drv_configure_vfs`; `nsim_set_vf_rate` refuses in switchdev mode.
        eswitch: Some(EswitchRow {
            changes_with_vfs: true,
            change_flaps_link: false,
            is_legacy_without_vfs: true,
            switchdev_lacks: &[VfAttribute::Rate],
            switchdev_hides: &[],
        }),
        ..KNOWN
    },
    // drivers/net/ethernet/intel/ixgbe/ixgbe_sriov.c
    DriverRow {
        driver: "ixgbe",
        takes_8021ad: false,
        takes_min_rate: false,
        rate_needs_carrier: true,
        rate_within_speed: true,
        rate_needs_speed: Some(10_000),
        // `ixgbe_ndo_set_vf_bw`.
        rate_above: Some(10),
        // `ixgbe_ndo_set_vf_rss_query_en`: the 82599 and the X540 alone.
        only_on: &[(
            VfAttribute::QueryRss,
            &[
                "10f7", "10f8", "10f9", "10fb", "10fc", "1507", "1514", "1517", "151c", "1528", "1529",
                "152a", "154a", "154d", "154f", "1557", "1558", "1560",
            ],
        )],
        // `ixgbe_ndo_set_vf_trust`: "reset VF to reconfigure features".
        resets_vf_for: &[VfAttribute::Trust],
        keeps_link_enable: false,
        mac_needs_rebind: true,
        // `ixgbevf_sw_init`, drivers/net/ethernet/intel/ixgbevf/ixgbevf_main.c, in the same words.
        mac_needs_pf_up: true,
        count_flaps_link: true,
        mtu_change: MtuChange::ResetsPf,
        vf_driver: Some("ixgbevf"),
        ..KNOWN
    },
    // drivers/net/ethernet/intel/i40e/i40e_virtchnl_pf.c
    DriverRow {
        driver: "i40e",
        unsupported: &[VfAttribute::QueryRss],
        takes_8021ad: false,
        takes_min_rate: false,
        rate_within_speed: true,
        // `i40e_ndo_set_vf_trust` calls `i40e_vc_reset_vf`.
        resets_vf_for: &[VfAttribute::Trust],
        count_flaps_link: true,
        vf_driver: Some("iavf"),
        ..KNOWN
    },
    // drivers/net/ethernet/intel/ice/ice_sriov.c; whether it takes 802.1ad depends on its VLAN mode.
    // `ice_set_vf_trust` calls `ice_reset_vf`.
    DriverRow {
        driver: "ice",
        unsupported: &[VfAttribute::QueryRss],
        resets_vf_for: &[VfAttribute::Trust],
        // `ice_min_tx_rate_oversubscribed`.
        guarantees: Guarantees::Counted,
        // `ice_eswitch_mode_set`; `ice_set_vf_trust` refuses, a representor that is set up overwrites the link state
        // (`ice_repr_vf_open`), and one that is made clears the spoof check unseen (`ice_eswitch_cfg_vsi`).
        eswitch: Some(EswitchRow {
            switchdev_lacks: &[VfAttribute::Trust, VfAttribute::SpoofCheck, VfAttribute::LinkState],
            switchdev_hides: &[VfAttribute::SpoofCheck],
            change_flaps_link: false,
            ..EswitchRow::UNKNOWN
        }),
        vf_driver: Some("iavf"),
        ..KNOWN
    },
    // drivers/net/ethernet/mellanox/mlx5/core/en_main.c
    DriverRow {
        driver: "mlx5_core",
        unsupported: &[VfAttribute::QueryRss],
        takes_8021ad: false,
        // `mlx5_eswitch_set_vport_spoofchk` warns, and `esw_acl_ingress_lgcy_setup` lets frames from that address alone pass.
        check_without_address: CheckWithoutAddress::DropsAll,
        mac_needs_rebind: true,
        shows_chosen_mac: false,
        initial: &[SPOOF_CHECK_OFF],
        // `esw_qos_calculate_min_rate_divider`, esw/qos.c.
        guarantees: Guarantees::Weighed,
        // `esw_offloads_start` also with VFs that have no driver, which lose rate and link state by it; legacy.c refuses
        // the rest.
        eswitch: Some(EswitchRow {
            switchdev_lacks: &[
                VfAttribute::Vlan,
                VfAttribute::Trust,
                VfAttribute::SpoofCheck,
                VfAttribute::LinkState,
            ],
            ..EswitchRow::UNKNOWN
        }),
        vf_driver: Some("mlx5_core"),
        ..KNOWN
    },
    // drivers/net/ethernet/broadcom/bnxt/bnxt_sriov.c; with some firmware it takes 802.1ad, and says 802.1Q all the same
    // (`bnxt_get_vf_config` leaves `vlan_proto` as it is), so that nobody could see whether it holds.
    DriverRow {
        driver: "bnxt_en",
        unsupported: &[VfAttribute::QueryRss],
        takes_8021ad: false,
        // `bnxt_set_vf_vlan`.
        vlan_priority: VlanPriority::WithId,
        rate_within_speed: true,
        // `bnxt_update_vf_mac`: a VF asks the firmware for its address when its interface is opened.
        mac_needs_rebind: true,
        // `bnxt_sriov_disable` closes and opens the PF (`bnxt_restore_pf_fw_resources`, bnxt.c).
        count_flaps_link: true,
        up_before_vfs: true,
        initial: &[SPOOF_CHECK_OFF],
        // `bnxt_set_vf_vlan` refused them until 2024.
        vlan_qos_since: Some((6, 7)),
        // `bnxt_dl_eswitch_mode_set`: kernels before 2023 also need VFs, and refuse with words of their own.
        eswitch: Some(EswitchRow { changes_with_vfs: true, ..EswitchRow::UNKNOWN }),
        vf_driver: Some("bnxt_en"),
        ..KNOWN
    },
    // drivers/net/ethernet/mellanox/mlx4/{main.c,en_netdev.c,cmd.c}: no `.sriov_configure`; a new address takes effect "only
    // after vf restart" (`mlx4_set_vf_mac`), "Minimum BW share not supported" (`mlx4_set_vf_rate`), and `mlx4_get_vf_config`
    // shows what was set alone.
    DriverRow {
        driver: "mlx4_core",
        unsupported: &[VfAttribute::Trust, VfAttribute::QueryRss],
        takes_min_rate: false,
        count: CountWay::ByParameter("num_vfs"),
        // `mlx4_set_vf_spoofchk`, and `mlx4_set_vf_mac` the other way round.
        check_without_address: CheckWithoutAddress::Refuses,
        mac_needs_rebind: true,
        shows_chosen_mac: false,
        initial: &[SPOOF_CHECK_OFF],
        vf_driver: Some("mlx4_core"),
        ..KNOWN
    },
    // drivers/net/ethernet/netronome/nfp/nfp_net_sriov.c: the card's firmware says which of these it has
    // (`nfp_net_sriov_check`), and keeps them where neither `nfp_pcie_sriov_enable` nor `…_disable` clears them.
    DriverRow {
        driver: "nfp",
        unsupported: &[VfAttribute::QueryRss],
        // `NFP_NET_VF_RATE_MAX`.
        rate_below: Some(65_535),
        // `nfp_app_set_vf_mac`: "reload the VF driver to make this change effective".
        mac_needs_rebind: true,
        shows_chosen_mac: false,
        settings_outlive_vf: true,
        // Only some firmware has modes (abm/main.c).
        eswitch: Some(EswitchRow::UNKNOWN),
        vf_driver: Some("nfp_netvf"),
        ..KNOWN
    },
    // drivers/net/ethernet/qlogic/qede/qede_main.c, qed/qed_sriov.c: `qede_set_vf_vlan` drops the priority; `qed_set_vf_rate`
    // ignores a limit of 0, `qed_inform_vf_link_state` lowers one to the link's speed, and `qed_get_vf_config` shows that
    // speed where there is none. The spoof check outlives a VF (`qed_iov_release_hw_for_vf`).
    DriverRow {
        driver: "qede",
        unsupported: &[VfAttribute::QueryRss],
        takes_8021ad: false,
        vlan_priority: VlanPriority::Never,
        takes_limit_back: false,
        rate_within_speed: true,
        settings_outlive_vf: true,
        // `qed_init_wfq_param`, qed_dev.c.
        guarantees: Guarantees::Counted,
        vf_driver: Some("qede"),
        ..KNOWN
    },
    // drivers/net/ethernet/sfc/{efx.c,sriov.c,ef10_sriov.c}: `efx_ef10_sriov_get_vf_config` leaves the spoof check out.
    DriverRow {
        driver: "sfc",
        unsupported: &[VfAttribute::Trust, VfAttribute::QueryRss, VfAttribute::Rate],
        unreported: &[VfAttribute::SpoofCheck],
        takes_8021ad: false,
        vlan_priority: VlanPriority::Never,
        vf_driver: Some("sfc"),
        ..KNOWN
    },
    // drivers/net/ethernet/sfc/{ef100.c,ef100_netdev.c,ef100_sriov.c}: a count, and no operation for VFs.
    DriverRow { driver: "sfc_ef100", unsupported: VfAttribute::ALL, ..KNOWN },
    // drivers/net/ethernet/sfc/siena/{efx.c,siena.c,siena_sriov.c}: `efx_siena_sriov_configure` does nothing and says that it
    // did; the kernel has no driver for the VFs.
    DriverRow {
        driver: "sfc_siena",
        unsupported: &[VfAttribute::Trust, VfAttribute::LinkState, VfAttribute::QueryRss, VfAttribute::Rate],
        takes_8021ad: false,
        count: CountWay::ByParameter("max_vfs"),
        initial: &[SPOOF_CHECK_OFF],
        ..KNOWN
    },
    // drivers/net/ethernet/huawei/hinic/hinic_sriov.c: "Reload the VF driver to make this change effective"
    // (`hinic_ndo_set_vf_mac`, which takes no zero address), "Link status must be up when setting vf tx rate"
    // (`hinic_ndo_set_vf_bw`).
    DriverRow {
        driver: "hinic",
        unsupported: &[VfAttribute::QueryRss],
        takes_8021ad: false,
        rate_needs_carrier: true,
        rate_within_speed: true,
        mac_needs_rebind: true,
        initial: &[SPOOF_CHECK_OFF],
        vf_driver: Some("hinic"),
        ..KNOWN
    },
    // drivers/net/ethernet/pensando/ionic/{ionic_lif.c,ionic_bus_pci.c}: a VF asks for its address when its driver starts
    // (`ionic_station_set`).
    DriverRow {
        driver: "ionic",
        unsupported: &[VfAttribute::QueryRss],
        takes_8021ad: false,
        vlan_priority: VlanPriority::Never,
        takes_min_rate: false,
        mac_needs_rebind: true,
        shows_chosen_mac: false,
        initial: &[SPOOF_CHECK_OFF],
        vf_driver: Some("ionic"),
        ..KNOWN
    },
    // drivers/net/ethernet/chelsio/cxgb4/cxgb4_main.c: `cxgb4_iov_configure` makes an interface for the VFs' settings, without
    // frames and thus without a carrier of its own; `cxgb4_mgmt_set_vf_mac` takes no zero address. A VF asks for its address
    // when its driver starts (`t4vf_get_vf_mac_acl`, cxgb4vf/cxgb4vf_main.c).
    DriverRow {
        driver: "cxgb4",
        unsupported: &[VfAttribute::Trust, VfAttribute::SpoofCheck, VfAttribute::QueryRss],
        interface_comes_with_vfs: true,
        takes_8021ad: false,
        vlan_priority: VlanPriority::Never,
        takes_min_rate: false,
        rate_within_speed: true,
        mac_needs_rebind: true,
        vf_driver: Some("cxgb4vf"),
        ..KNOWN
    },
    // drivers/net/ethernet/cisco/enic/enic_main.c: `enic_probe` makes as many as the card says; there is an
    // `.ndo_set_vf_mac`, and no `.ndo_get_vf_config`.
    DriverRow {
        driver: "enic",
        unsupported: &[
            VfAttribute::Vlan,
            VfAttribute::Trust,
            VfAttribute::SpoofCheck,
            VfAttribute::LinkState,
            VfAttribute::QueryRss,
            VfAttribute::Rate,
        ],
        unreported: &[VfAttribute::MacAddress],
        count: CountWay::ByCard,
        vf_driver: Some("enic"),
        ..KNOWN
    },
];
