//! What a row says of a driver, and what is asked of it.

use super::{network, others};
use crate::address::PciId;
use crate::attribute::VfAttribute;
use crate::eswitch::EswitchRow;
use crate::link_state::VfLinkState;
use crate::name::DriverName;
use crate::rate::RateLimits;
use crate::vf_value::VfValue;
use crate::vlan::{VlanId, VlanProtocol, VlanQos};

/// What is known of one PF driver.
#[derive(Debug, Clone, Copy)]
pub struct DriverRow {
    /// The driver's name; empty for the row of unknown drivers.
    pub driver: &'static str,
    /// Whether its PFs have a network interface at all.
    pub has_interface: bool,
    /// Attributes that it refuses and whose reading is a preset of the kernel's.
    pub unsupported: &'static [VfAttribute],
    /// Attributes that it takes and does not show, so that nobody could see whether they hold.
    pub unreported: &'static [VfAttribute],
    /// Whether its PFs have an interface only while they have VFs.
    pub interface_comes_with_vfs: bool,
    /// Which VLAN priorities it takes.
    pub vlan_priority: VlanPriority,
    /// Whether it takes 802.1ad besides 802.1Q.
    pub takes_8021ad: bool,
    /// Whether it takes a guaranteed rate.
    pub takes_min_rate: bool,
    /// Attributes that it has on some devices only, by PCI id.
    pub only_on: &'static [(VfAttribute, &'static [&'static str])],
    /// The rate in Mbit/s up to which it refuses a limit.
    pub rate_above: Option<u32>,
    /// The rate in Mbit/s from which on it refuses one, or keeps another.
    pub rate_below: Option<u32>,
    /// Whether a limit can be taken away again, and reads as none where there is none.
    pub takes_limit_back: bool,
    /// Whether it refuses rates while the PF has no carrier.
    pub rate_needs_carrier: bool,
    /// Whether it refuses rates above the link's speed.
    pub rate_within_speed: bool,
    /// The only link speed, in Mbit/s, at which it takes rates.
    pub rate_needs_speed: Option<u32>,
    /// Whether link state `enable` takes effect; one driver accepts and ignores it.
    pub keeps_link_enable: bool,
    /// What it makes of a spoof check on a VF that has no administrative MAC address.
    pub check_without_address: CheckWithoutAddress,
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
    /// What makes its VFs.
    pub count: CountWay,
    /// Whether it counts guaranteed rates against the link's speed.
    pub guarantees: Guarantees,
    /// The kernel, by its first two numbers, since which it takes VLAN priorities other than 0.
    pub vlan_qos_since: Option<(u32, u32)>,
    /// What is known of its embedded switch; `None` where it has none with modes.
    pub eswitch: Option<EswitchRow>,
    /// The driver that the kernel gives its VFs.
    pub vf_driver: Option<&'static str>,
}

/// What makes a driver's VFs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountWay {
    /// The count that is written for the PF, which it then has.
    AsAsked,
    /// The count that is written for the PF: whatever it is, it gets all that the device offers.
    AllOrNone,
    /// This parameter of its module, when the driver takes the PF.
    ByParameter(&'static str),
    /// The card, when the driver takes the PF: as many as it is told to have.
    ByCard,
    /// Nothing: the driver makes none.
    Nothing,
}

/// What a driver makes of a spoof check on a VF without an administrative MAC address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckWithoutAddress {
    /// It checks for the address that the VF has.
    Checks,
    /// It refuses the check, and to take an address away from a VF that has the check.
    Refuses,
    /// It drops every frame of the VF.
    DropsAll,
}

/// Which VLAN priorities a driver takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VlanPriority {
    /// Each, with a VLAN id and without.
    Any,
    /// Each, where there is a VLAN id.
    WithId,
    /// None but 0.
    Never,
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
pub(super) const KNOWN: DriverRow = DriverRow {
    driver: "",
    has_interface: true,
    unsupported: &[],
    unreported: &[],
    interface_comes_with_vfs: false,
    vlan_priority: VlanPriority::Any,
    takes_8021ad: true,
    takes_min_rate: true,
    only_on: &[],
    rate_above: None,
    rate_below: None,
    takes_limit_back: true,
    rate_needs_carrier: false,
    rate_within_speed: false,
    rate_needs_speed: None,
    keeps_link_enable: true,
    check_without_address: CheckWithoutAddress::Checks,
    mac_needs_rebind: false,
    mac_needs_pf_up: false,
    shows_chosen_mac: true,
    settings_outlive_vf: false,
    initial: &[],
    resets_vf_for: &[],
    count_flaps_link: false,
    mtu_change: MtuChange::PausesPf,
    up_before_vfs: false,
    count: CountWay::AsAsked,
    guarantees: Guarantees::Unknown,
    vlan_qos_since: None,
    eswitch: None,
    vf_driver: None,
};

impl DriverRow {
    /// Returns the row of `driver`, or the row of unknown drivers.
    pub fn of(driver: Option<&DriverName>) -> &'static Self {
        const FALLBACK: &DriverRow = &UNKNOWN;
        driver.and_then(|name| Self::all().find(|row| row.driver == name.as_str())).unwrap_or(FALLBACK)
    }

    /// Returns the rows of all drivers that have one.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        network::ROWS.iter().chain(others::ROWS)
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
        let is_seen = self.is_known() && !self.settings_outlive_vf && !self.unreported.contains(&attribute);
        is_seen.then(|| differs.unwrap_or(attribute.factory()))
    }

    /// Returns why the driver refuses this value of an attribute that it has; `None` where it takes it.
    pub fn refuses(&self, value: &VfValue) -> Option<String> {
        let why = match value {
            VfValue::Rate(RateLimits { min: _, max })
                if self.rate_above.is_some_and(|above| (1..=above).contains(&max.0)) =>
            {
                return self.rate_above.map(|above| format!("supports only rates above {above} Mbit/s"));
            }
            VfValue::Vlan(tag) if tag.protocol == VlanProtocol::Dot1Ad && !self.takes_8021ad => {
                Some("supports only VLAN protocol 802.1Q")
            }
            VfValue::Vlan(tag) if tag.qos != VlanQos::default() => match self.vlan_priority {
                VlanPriority::Any => None,
                VlanPriority::WithId if tag.id != VlanId::default() => None,
                VlanPriority::WithId => Some("supports a VLAN priority only together with a VLAN id"),
                VlanPriority::Never => Some("does not support VLAN priorities"),
            },
            VfValue::Rate(RateLimits { min, max })
                if self.rate_below.is_some_and(|below| min.0.max(max.0) >= below) =>
            {
                return self.rate_below.map(|below| format!("supports only rates below {below} Mbit/s"));
            }
            VfValue::Rate(RateLimits { min: _, max }) if max.0 == 0 && !self.takes_limit_back => {
                Some("cannot take a limit away again, and shows the link's speed where there is none")
            }
            VfValue::Rate(RateLimits { min, max: _ }) if min.0 > 0 && !self.takes_min_rate => {
                Some("has no guaranteed rate (min), so neither min nor max is set")
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
        let names: BTreeSet<_> = DriverRow::all().map(|row| row.driver).collect();
        assert_eq!(names.len(), DriverRow::all().count());
        for row in DriverRow::all() {
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
