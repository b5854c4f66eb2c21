//! What is known of each PF driver: which VF attributes it has, and what it needs. One row a driver.
//!
//! A driver without a row is planned for as if it had everything, and said to be unknown: the kernel decides.
//! The simulator has rows of its own and never looks at these: one that shares the planner's beliefs proves nothing.
//! Sources are the drivers' `net_device_ops` and `.sriov_configure` in Linux 6.12.

use crate::address::PciId;
use crate::attribute::VfAttribute;
use crate::eswitch::EswitchRow;
use crate::link_state::VfLinkState;
use crate::name::DriverName;
use crate::rate::RateLimits;
use crate::toggle::Toggle;
use crate::vf_value::VfValue;
use crate::vlan::VlanProtocol;

/// What is known of one PF driver.
#[derive(Debug, Clone, Copy)]
pub struct DriverRow {
    /// The driver's name; empty for the row of unknown drivers.
    pub driver: &'static str,
    /// Whether its PFs have a network interface at all.
    pub has_interface: bool,
    /// Attributes that it refuses and whose reading is a preset of the kernel's.
    pub unsupported: &'static [VfAttribute],
    /// Whether it takes 802.1ad besides 802.1Q.
    pub takes_8021ad: bool,
    /// Whether it takes a guaranteed rate.
    pub takes_min_rate: bool,
    /// Attributes that it has on some devices only, by PCI id.
    pub only_on: &'static [(VfAttribute, &'static [&'static str])],
    /// The rate in Mbit/s up to which it refuses a limit.
    pub rate_above: Option<u32>,
    /// Whether it refuses rates while the PF has no carrier.
    pub rate_needs_carrier: bool,
    /// Whether it refuses rates above the link's speed.
    pub rate_within_speed: bool,
    /// The only link speed, in Mbit/s, at which it takes rates.
    pub rate_needs_speed: Option<u32>,
    /// Whether link state `enable` takes effect; one driver accepts and ignores it.
    pub keeps_link_enable: bool,
    /// Whether a VF's driver must be loaded anew for an administrative MAC address to take effect.
    pub mac_needs_rebind: bool,
    /// Whether a VF's driver hears of that address only while the PF is up, and makes one up otherwise.
    pub mac_needs_pf_up: bool,
    /// Whether it shows the MAC address a VF has chosen where no administrative one is held.
    pub shows_chosen_mac: bool,
    /// Whether a VF's settings outlive it, so that nobody knows with which a new one starts.
    pub settings_outlive_vf: bool,
    /// Values of a VF just created that differ from the table's factory values.
    pub initial: &'static [(VfAttribute, VfValue)],
    /// Attributes beside those that always disturb for which the driver resets the VF.
    pub resets_vf_for: &'static [VfAttribute],
    /// Whether a change of the VF count takes the PF's link down for a moment, or pauses its traffic.
    pub count_flaps_link: bool,
    /// Whom a change of the PF's MTU disrupts (`ndo_change_mtu`).
    pub mtu_change: MtuChange,
    /// Whether the PF must be up when VFs are made.
    pub up_before_vfs: bool,
    /// The parameter of its module that says how many VFs there are, where it takes no count by sysfs.
    pub count_parameter: Option<&'static str>,
    /// Whether it counts guaranteed rates against the link's speed.
    pub guarantees: Guarantees,
    /// The kernel, by its first two numbers, since which it takes VLAN priorities other than 0.
    pub vlan_qos_since: Option<(u32, u32)>,
    /// What is known of its embedded switch; `None` where it has none with modes.
    pub eswitch: Option<EswitchRow>,
    /// The driver that the kernel gives its VFs.
    pub vf_driver: Option<&'static str>,
}

/// What a driver makes of guaranteed rates that come to more than the link's speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarantees {
    /// It refuses the one that goes beyond it.
    Counted,
    /// It weighs them against one another.
    Weighed,
    /// It is not known.
    Unknown,
}

/// Whom a change of the PF's MTU disrupts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MtuChange {
    /// Nobody.
    DisruptsNobody,
    /// The PF's traffic pauses while its queues are made anew.
    PausesPf,
    /// The PF is reset, and its VFs lose their link for a moment, too.
    ResetsPf,
}

/// The row of drivers that have none: they may have everything, and disrupt whom they can.
pub(crate) const UNKNOWN: DriverRow = DriverRow {
    resets_vf_for: &[VfAttribute::Trust],
    count_flaps_link: true,
    mtu_change: MtuChange::ResetsPf,
    eswitch: Some(EswitchRow::UNKNOWN),
    ..KNOWN
};

/// The row of drivers that have none, of devices without a link: no network cards, or ports that user space drives.
const UNKNOWN_WITHOUT_LINK: DriverRow =
    DriverRow { has_interface: false, count_flaps_link: false, eswitch: None, ..UNKNOWN };

/// What holds of a known driver whose row does not say otherwise.
const KNOWN: DriverRow = DriverRow {
    driver: "",
    has_interface: true,
    unsupported: &[],
    takes_8021ad: true,
    takes_min_rate: true,
    only_on: &[],
    rate_above: None,
    rate_needs_carrier: false,
    rate_within_speed: false,
    rate_needs_speed: None,
    keeps_link_enable: true,
    mac_needs_rebind: false,
    mac_needs_pf_up: false,
    shows_chosen_mac: true,
    settings_outlive_vf: false,
    initial: &[],
    resets_vf_for: &[],
    count_flaps_link: false,
    mtu_change: MtuChange::PausesPf,
    up_before_vfs: false,
    count_parameter: None,
    guarantees: Guarantees::Unknown,
    vlan_qos_since: None,
    eswitch: None,
    vf_driver: None,
};

const SPOOF_CHECK_OFF: (VfAttribute, VfValue) = (VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off));

/// The drivers that are known.
const ROWS: &[DriverRow] = &[
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
        rate_within_speed: true,
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
    // after vf restart" (`mlx4_set_vf_mac`).
    DriverRow {
        driver: "mlx4_core",
        unsupported: &[VfAttribute::Trust, VfAttribute::QueryRss],
        count_parameter: Some("num_vfs"),
        mac_needs_rebind: true,
        initial: &[SPOOF_CHECK_OFF],
        vf_driver: Some("mlx4_core"),
        ..KNOWN
    },
    // drivers/nvme/host/pci.c: no network card, only a count and drivers.
    DriverRow { driver: "nvme", has_interface: false, ..KNOWN },
];

impl DriverRow {
    /// Returns the row of `driver`, or the row of unknown drivers.
    pub fn of(driver: Option<&DriverName>) -> &'static Self {
        const FALLBACK: &DriverRow = &UNKNOWN;
        driver.and_then(|name| ROWS.iter().find(|row| row.driver == name.as_str())).unwrap_or(FALLBACK)
    }

    /// Returns the row of `driver` on a device without a link.
    pub fn of_device_without_link(driver: Option<&DriverName>) -> &'static Self {
        const FALLBACK: &DriverRow = &UNKNOWN_WITHOUT_LINK;
        let row = Self::of(driver);
        if row.is_known() { row } else { FALLBACK }
    }

    /// Returns whether the driver has a row.
    pub fn is_known(&self) -> bool {
        !self.driver.is_empty()
    }

    /// Returns whether the driver has this attribute.
    pub fn supports(&self, attribute: VfAttribute) -> bool {
        self.has_interface && !self.unsupported.contains(&attribute)
    }

    /// Returns whether the driver has this attribute on this device, whose PCI id may not be known.
    pub fn supports_on(&self, attribute: VfAttribute, device: Option<PciId>) -> bool {
        let only = self.only_on.iter().find(|(restricted, _)| *restricted == attribute);
        let elsewhere =
            only.zip(device).is_some_and(|((_, ids), id)| !ids.contains(&id.to_string().as_str()));
        self.supports(attribute) && !elsewhere
    }

    /// Returns the value that the attribute has on a VF just created; `None` where nobody knows.
    pub fn initial(&self, attribute: VfAttribute) -> Option<VfValue> {
        let differs =
            self.initial.iter().find(|(differing, _)| *differing == attribute).map(|(_, value)| *value);
        (self.is_known() && !self.settings_outlive_vf).then(|| differs.unwrap_or(attribute.factory()))
    }

    /// Returns why the driver refuses this value of an attribute that it has; `None` where it takes it.
    pub fn refuses(&self, value: &VfValue) -> Option<String> {
        let why = match value {
            VfValue::Rate(RateLimits { min: _, max })
                if self.rate_above.is_some_and(|above| (1..=above).contains(&max.0)) =>
            {
                return self.rate_above.map(|above| format!("takes rates above {above} Mbit/s only"));
            }
            VfValue::Vlan(tag) if tag.protocol == VlanProtocol::Dot1Ad && !self.takes_8021ad => {
                Some("takes VLAN protocol 802.1Q only")
            }
            VfValue::Rate(RateLimits { min, max: _ }) if min.0 > 0 && !self.takes_min_rate => {
                Some("has no guaranteed rate (min), and max goes with it")
            }
            VfValue::LinkState(VfLinkState::Enable) if !self.keeps_link_enable => {
                Some("accepts link state enable and ignores it")
            }
            VfValue::Vlan(_)
            | VfValue::Rate(_)
            | VfValue::Mac(_)
            | VfValue::Toggle(_)
            | VfValue::LinkState(_) => None,
        };
        why.map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::units::Mbps;

    #[test]
    fn every_row_has_a_driver_of_its_own_and_initial_values_of_the_right_shape() {
        let names: BTreeSet<_> = ROWS.iter().map(|row| row.driver).collect();
        assert_eq!(names.len(), ROWS.len());
        for row in ROWS {
            for (attribute, value) in row.initial {
                assert_eq!(attribute.row().shape, value.shape(), "{}: {attribute}", row.driver);
                assert_ne!(attribute.factory(), *value, "{}: {attribute} need not stand there", row.driver);
            }
        }
    }

    #[test]
    fn igb_takes_rates_on_the_82576_alone_and_on_what_does_not_say_what_it_is() {
        let igb = DriverRow::of(Some(&"igb".parse().expect("a name")));
        for (device, takes) in [(Some("10c9"), true), (Some("1521"), false), (None, true)] {
            let device = device.map(|id| id.parse().expect("an id"));
            assert_eq!(igb.supports_on(VfAttribute::Rate, device), takes, "{device:?}");
            assert!(igb.supports_on(VfAttribute::Vlan, device));
        }
    }

    #[test]
    fn ixgbe_refuses_small_rates_and_rss_queries_on_later_cards() {
        let ixgbe = DriverRow::of(Some(&"ixgbe".parse().expect("a name")));
        for (max, refused) in [(0, false), (1, true), (10, true), (11, false)] {
            let rate = VfValue::Rate(RateLimits { min: Mbps(0), max: Mbps(max) });
            assert_eq!(ixgbe.refuses(&rate).is_some(), refused, "{max}");
        }
        for (device, takes) in [(Some("10fb"), true), (Some("1563"), false), (None, true)] {
            let device = device.map(|id| id.parse().expect("an id"));
            assert_eq!(ixgbe.supports_on(VfAttribute::QueryRss, device), takes, "{device:?}");
        }
    }
}
