//! The words in which a driver's row is written.

use std::time::Duration;

use vfctl_model::{
    MacAddress, Mbps, PciClass, RateLimits, RawReading, VfAttribute, VfLinkState, VfValue, VlanProtocol,
    VlanQos, VlanTag,
};

use crate::errno::Errno;

/// What one PF driver does other than the kernel's common rules.
#[derive(Debug)]
pub(crate) struct DriverRules {
    /// The driver's name in sysfs.
    pub(crate) name: &'static str,
    /// Attributes that are not simply kept and shown; any other starts at its factory value.
    pub(crate) attributes: &'static [AttributeRow],
    /// The PCI class of the devices that it is for.
    pub(crate) class: PciClass,
    /// When a PF has a network interface.
    pub(crate) interface: Interface,
    /// What it makes of a count.
    pub(crate) counts: Counts,
    /// The driver of its VFs.
    pub(crate) vf_driver: Option<&'static str>,
    /// Whether that driver takes a new VF, or finds it not ready.
    pub(crate) vf_driver_takes: bool,
    /// Whether that driver makes a network interface of a VF.
    pub(crate) vf_netdev: bool,
    /// The highest MTU of a VF's interface.
    pub(crate) vf_max_mtu: u32,
    /// Whether a VF's MTU may not be above its PF's.
    pub(crate) vf_mtu_within_pf: bool,
    /// What the PF's reading shows of a MAC that the VF's driver chose.
    pub(crate) mac_shown: MacShown,
    /// When the VF takes a MAC that the PF gave it.
    pub(crate) mac_effect: MacEffect,
    /// Whether a VF's driver hears of that MAC only while the PF is up.
    pub(crate) mac_asks_pf: bool,
    /// How often an attribute is refused with EAGAIN while the VF is being reset.
    pub(crate) resets: u8,
    /// The attributes that reset a VF, besides those that disturb it anyway.
    pub(crate) also_reset_by: &'static [VfAttribute],
    /// How long the PF is without carrier after a reset: set up, count or MTU changed; `None` where it is not.
    pub(crate) carrier_after: Option<Duration>,
    /// Whether a link that is set down stays without carrier when it is set up again.
    pub(crate) carrier_ends_with_down: bool,
    /// The link's speed in Mbit/s, where the facts do not say it.
    pub(crate) speed: Option<u32>,
    /// Whether guaranteed rates beyond the link's speed are refused: those of all VFs together.
    pub(crate) counts_guarantees: bool,
    /// Whether rates go back to none when the link's speed changes.
    pub(crate) rates_end_with_speed: bool,
    /// Whether the driver leaves the count as it is, without a word, while the PF is down.
    pub(crate) count_needs_up: bool,
    /// Whether attributes outlive the VFs.
    pub(crate) attributes_outlive: bool,
    /// The embedded switch; `None` where there is none.
    pub(crate) eswitch: Option<EswitchRules>,
    /// `First VF Offset` and `VF Stride`, where the facts do not say them.
    pub(crate) routing: (u16, u16),
}

/// How an embedded switch behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EswitchRules {
    /// The attributes that are refused in switchdev mode.
    pub(crate) refuses: &'static [VfAttribute],
    /// What is answered to another mode while there are VFs; `None` where it is taken.
    pub(crate) with_vfs: Option<Errno>,
    /// Whether the mode goes back to legacy with the last VF.
    pub(crate) ends_with_vfs: bool,
    /// Whether it has an inline and an encap mode.
    pub(crate) has_inline_and_encap: bool,
}

impl DriverRules {
    /// What all drivers have in common whose devices are no network cards, or are driven by user space.
    pub(crate) const NO_INTERFACE: Self =
        Self { interface: Interface::Never, vf_netdev: false, speed: None, routing: (1, 1), ..Self::COMMON };

    /// The kernel's common rules, on which rows build.
    pub(crate) const COMMON: Self = Self {
        name: "",
        attributes: &[],
        class: PciClass(0x02_0000),
        interface: Interface::Always,
        counts: Counts::AsAsked,
        vf_driver: None,
        vf_driver_takes: true,
        vf_netdev: true,
        vf_max_mtu: 9216,
        vf_mtu_within_pf: false,
        mac_shown: MacShown::AsSet,
        mac_effect: MacEffect::OnRebind,
        mac_asks_pf: false,
        resets: 0,
        also_reset_by: &[],
        carrier_after: None,
        carrier_ends_with_down: false,
        speed: Some(10_000),
        counts_guarantees: false,
        rates_end_with_speed: false,
        count_needs_up: false,
        attributes_outlive: false,
        eswitch: None,
        routing: (0x10, 1),
    };

    /// Returns what the row says of an attribute; `None` where it is simply kept and shown.
    pub(crate) fn attribute(&self, attribute: VfAttribute) -> Option<&AttributeRow> {
        self.attributes.iter().find(|row| row.attribute == attribute)
    }

    /// Returns the reading of a VF that was just created.
    pub(crate) fn starts(&self, attribute: VfAttribute) -> RawReading {
        match self.attribute(attribute).map(|row| &row.starts) {
            None | Some(Starts::Factory) => RawReading::Value(attribute.factory()),
            Some(Starts::At(value)) => RawReading::Value(*value),
            Some(Starts::NotReported) => RawReading::NotReported,
        }
    }
}

/// When a PF has a network interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interface {
    /// As long as it has its driver.
    Always,
    /// As long as it has VFs, too.
    WithVfs,
    /// It has none.
    Never,
}

/// What a driver makes of a count that is written for its PF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    /// So many VFs.
    AsAsked,
    /// All VFs of the device, but for a count of 0.
    All,
    /// Nothing, and it says that all is well.
    Ignored,
    /// It has no `.sriov_configure`.
    Refused,
}

/// What a driver does with one attribute.
#[derive(Debug)]
pub(crate) struct AttributeRow {
    pub(crate) attribute: VfAttribute,
    /// What a new VF shows.
    pub(crate) starts: Starts,
    /// What is refused, first match first.
    pub(crate) refusals: &'static [Refusal],
    /// What becomes of an accepted value.
    pub(crate) keeps: Keeps,
}

impl AttributeRow {
    /// Returns the row of an attribute that a driver has no operation for (`rtnl_fill_vfinfo` presets -1).
    pub(crate) const fn missing(attribute: VfAttribute, starts: Starts) -> Self {
        const NEVER: &[Refusal] = &[Refusal { when: When::Always, errno: Errno::EOPNOTSUPP }];
        Self { attribute, starts, refusals: NEVER, keeps: Keeps::AsGiven }
    }

    /// Returns the row of an attribute that starts at its factory value and refuses some values.
    pub(crate) const fn refusing(attribute: VfAttribute, refusals: &'static [Refusal]) -> Self {
        Self { attribute, starts: Starts::Factory, refusals, keeps: Keeps::AsGiven }
    }

    /// Returns the row of an attribute that starts elsewhere than at its factory value.
    pub(crate) const fn starting(attribute: VfAttribute, value: VfValue) -> Self {
        Self { attribute, starts: Starts::At(value), refusals: &[], keeps: Keeps::AsGiven }
    }
}

/// What a new VF shows of an attribute.
#[derive(Debug)]
pub(crate) enum Starts {
    /// The factory value of the model's table.
    Factory,
    /// This value.
    At(VfValue),
    /// -1: the driver does not fill it in.
    NotReported,
}

/// When a value is refused, and how.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) when: When,
    pub(crate) errno: Errno,
}

/// A condition on a value and the PF's link.
#[derive(Debug)]
pub(crate) enum When {
    /// Whatever the value.
    Always,
    /// A VLAN with the protocol 802.1ad.
    ServiceTag,
    /// A VLAN priority other than 0.
    Priority,
    /// A VLAN priority without a VLAN id.
    PriorityWithoutId,
    /// The MAC address of zeros.
    ZeroMac,
    /// A guaranteed rate other than 0.
    MinRate,
    /// The PF has no carrier.
    NoCarrier,
    /// A rate above the link's speed, which is 0 without carrier.
    AboveSpeed,
    /// A rate above the link's speed, where there is a carrier.
    AboveKnownSpeed,
    /// A rate of at least this many Mbit/s.
    RateFrom(u32),
    /// A link of another speed than this, in Mbit/s.
    SpeedOtherThan(u32),
    /// A limit other than 0 of at most this many Mbit/s.
    LimitUpTo(u32),
}

/// The PF's link at the time when an attribute is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkNow {
    pub(crate) carrier: bool,
    /// In Mbit/s; 0 where there is no carrier or the driver does not report it.
    pub(crate) speed: u32,
}

impl When {
    /// Returns whether the condition holds.
    pub(crate) fn holds(&self, value: &VfValue, link: LinkNow) -> bool {
        let vlan = match value {
            VfValue::Vlan(vlan) => *vlan,
            _ => VlanTag::NONE,
        };
        let RateLimits { min: Mbps(min), max: Mbps(max) } = match value {
            VfValue::Rate(rate) => *rate,
            _ => RateLimits::NONE,
        };
        match self {
            Self::Always => true,
            Self::ServiceTag => vlan.protocol == VlanProtocol::Dot1Ad,
            Self::Priority => vlan.qos.get() != 0,
            Self::ZeroMac => *value == VfValue::Mac(MacAddress::ZERO),
            Self::AboveKnownSpeed => link.speed > 0 && max.max(min) > link.speed,
            Self::RateFrom(rate) => max.max(min) >= *rate,
            Self::PriorityWithoutId => vlan.id.get() == 0 && vlan.qos.get() != 0,
            Self::MinRate => min != 0,
            Self::NoCarrier => !link.carrier,
            Self::AboveSpeed => max.max(min) > link.speed,
            Self::SpeedOtherThan(speed) => link.speed != *speed,
            Self::LimitUpTo(limit) => (1..=*limit).contains(&max),
        }
    }
}

/// What becomes of a value that the driver accepts.
#[derive(Debug)]
pub(crate) enum Keeps {
    /// It is kept.
    AsGiven,
    /// `enable` is accepted and nothing changes.
    AllButEnable,
    /// Rates keep their lower 16 bits.
    SixteenBitsOfRate,
    /// A limit of 0 is accepted and nothing changes; one above the link's speed is lowered to it.
    LimitsAlone,
    /// A VLAN's priority is dropped.
    NoPriority,
    /// It is kept, and never shown.
    Unseen,
}

impl Keeps {
    /// Returns what is kept of `given`; `None` where nothing changes.
    pub(crate) fn kept(&self, given: VfValue, link: LinkNow) -> Option<VfValue> {
        match (self, given) {
            (Self::Unseen, _) | (Self::LimitsAlone, VfValue::Rate(RateLimits { min: _, max: Mbps(0) })) => {
                None
            }
            (Self::NoPriority, VfValue::Vlan(tag)) => {
                Some(VfValue::Vlan(VlanTag { qos: VlanQos::default(), ..tag }))
            }
            (Self::LimitsAlone, VfValue::Rate(RateLimits { min, max })) if link.carrier => {
                Some(VfValue::Rate(RateLimits { min, max: Mbps(max.0.min(link.speed)) }))
            }
            (Self::AllButEnable, VfValue::LinkState(VfLinkState::Enable)) => None,
            (Self::SixteenBitsOfRate, VfValue::Rate(RateLimits { min, max })) => {
                let low = |Mbps(rate)| Mbps(rate & 0xffff);
                Some(VfValue::Rate(RateLimits { min: low(min), max: low(max) }))
            }
            _ => Some(given),
        }
    }
}

/// What the PF's reading shows of a MAC that the VF's driver chose.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MacShown {
    /// That MAC.
    Own,
    /// Only what the PF set.
    AsSet,
}

/// When a VF takes a MAC that the PF gave it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MacEffect {
    /// When its driver is bound again.
    OnRebind,
    /// At once: the PF resets the VF.
    ByReset,
}
