//! The table of a matcher's terms: which device a document means. One row for each term says how it is written, what a
//! device has, and what two terms tell of whether they mean the same device.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{Cidr, DeviceAddress, DriverName, InterfaceName, MacAddress, PciId};
use vfctl_port::{HostFacts, PfFacts, PfNetdev, Property};

use super::pci_match::PciMatch;

/// A PF that a matcher is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<'a> {
    /// Its address.
    pub(crate) address: &'a DeviceAddress,
    /// Its facts.
    pub(crate) facts: &'a PfFacts,
    /// The host that it is in.
    pub(crate) host: &'a HostFacts,
}

/// A term that failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FailedTerm {
    /// One value was asked for and another found.
    Differs {
        /// The term's key, such as `driver`.
        key: &'static str,
        /// The value asked for.
        wanted: String,
        /// The value found.
        found: String,
    },
    /// No alternative of `anyOf` holds; these are the failed terms of each.
    AnyOf(Vec<Self>),
}

impl fmt::Display for FailedTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differs { key, wanted, found } => write!(f, "{key} is {found}, not {wanted}"),
            Self::AnyOf(failed) => write!(f, "no alternative of anyOf holds ({})", joined(failed, "; ")),
        }
    }
}

/// Whether two terms of one key mean the same device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Identity {
    /// Equal values mean the same device of a host, different ones different devices.
    Names,
    /// Equal values mean the same device; it may have several.
    OneOfNames,
    /// Different values mean different devices; several may have one value.
    Describes,
    /// Several devices may have one value, and one several values.
    Relates,
}

/// What a term asks for.
trait Term: PartialEq {
    /// Returns whether each device that has the other value has this one, too.
    fn includes(&self, other: &Self) -> bool {
        self == other
    }
}

impl Term for InterfaceName {}
impl Term for PciMatch {}
impl Term for MacAddress {}
impl Term for PciId {}
impl Term for DriverName {}
impl Term for String {}
impl Term for u16 {}
impl Term for bool {}
impl Term for Cidr {
    fn includes(&self, other: &Self) -> bool {
        self.contains_network(other)
    }
}

/// Makes the matcher and the walks over its terms from one row each.
macro_rules! terms {
    ($($(#[$doc:meta])* $field:ident $key:literal: $type:ty {
        holds: $holds:expr,
        found: $found:expr,
        identity: $identity:expr,
        pin: $pin:expr $(,)?
    })*) => {
        /// Which device is meant: all terms that are given must hold.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        #[schemars(extend("minProperties" = 1))]
        pub struct Matcher {
            $(
                $(#[$doc])*
                #[serde(rename = $key, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
            /// Alternatives: one of these must hold, too.
            #[serde(rename = "anyOf", skip_serializing_if = "Vec::is_empty")]
            pub any_of: Vec<Matcher>,
        }

        impl Matcher {
            /// Returns the terms themselves that do not hold, without the alternatives.
            fn failed_terms(&self, candidate: Candidate<'_>) -> Vec<FailedTerm> {
                let mut failed = Vec::new();
                $(if let Some(wanted) = &self.$field {
                    let holds: fn(&$type, Candidate<'_>) -> bool = $holds;
                    let found: fn(Candidate<'_>) -> Option<String> = $found;
                    if !holds(wanted, candidate) {
                        let found = found(candidate).unwrap_or_else(|| "unknown".to_owned());
                        failed.push(FailedTerm::Differs { key: $key, wanted: wanted.to_string(), found });
                    }
                })*
                failed
            }

            /// Returns the terms as people read them, without the alternatives.
            fn words(&self) -> Vec<String> {
                [$(self.$field.as_ref().map(|value| format!("{} {value}", $key)),)*].into_iter().flatten().collect()
            }

            /// Returns the properties that the terms rest on, without the alternatives.
            fn own_pins(&self) -> impl Iterator<Item = Property> {
                let pins: [Option<Property>; _] = [$(self.$field.as_ref().and($pin),)*];
                pins.into_iter().flatten()
            }

            /// Returns whether every term itself, without the alternatives, follows from a term of these.
            fn follows_from(&self, others: &[&Self]) -> bool {
                $(self.$field.as_ref().is_none_or(|wide| {
                    others.iter().filter_map(|other| other.$field.as_ref()).any(|narrow| Term::includes(wide, narrow))
                }))&&*
            }

            /// Returns for each term that both have its key, whether the values are equal, and what that tells.
            fn compared(&self, other: &Self) -> Vec<(&'static str, bool, Identity)> {
                let both = [$(
                    self.$field.as_ref().zip(other.$field.as_ref()).map(|(one, other)| ($key, one == other, $identity)),
                )*];
                both.into_iter().flatten().collect()
            }
        }
    };
}

terms! {
    /// The name of its interface.
    interface "interface": InterfaceName {
        holds: |name, of| of.facts.other_interfaces.contains(name) || of.netdev().is_some_and(|netdev| netdev.name == *name),
        found: |of| of.netdev().map(|netdev| netdev.name.to_string()),
        identity: Identity::Names,
        pin: None,
    }
    /// Another name of its interface.
    altname "altname": InterfaceName {
        holds: |name, of| of.netdev().is_some_and(|netdev| netdev.altnames.contains(name)),
        found: |of| of.netdev().map(|netdev| listed(&netdev.altnames)),
        identity: Identity::OneOfNames,
        pin: None,
    }
    /// Its PCI address, or bus and name of another bus: `0000:3b:00.0`, `netdevsim/netdevsim1`.
    pci "pci": PciMatch {
        holds: |PciMatch(address), of| address == of.address,
        found: |of| Some(PciMatch(of.address.clone()).to_string()),
        identity: Identity::Names,
        pin: None,
    }
    /// The MAC address of its interface: the permanent one where the driver tells it, else the present one.
    mac_address "macAddress": MacAddress {
        holds: |mac, of| of.mac() == Some(*mac),
        found: |of| of.mac().map(|mac| mac.to_string()),
        identity: Identity::Names,
        pin: None,
    }
    /// The PCI id of its vendor.
    vendor "vendor": PciId {
        holds: |vendor, of| of.facts.vendor == Some(*vendor),
        found: |of| of.facts.vendor.map(|vendor| vendor.to_string()),
        identity: Identity::Describes,
        pin: None,
    }
    /// The PCI id of its device.
    device "device": PciId {
        holds: |device, of| of.facts.device == Some(*device),
        found: |of| of.facts.device.map(|device| device.to_string()),
        identity: Identity::Describes,
        pin: None,
    }
    /// The driver that holds it.
    driver "driver": DriverName {
        holds: |driver, of| of.facts.driver.as_ref() == Some(driver),
        found: |of| of.facts.driver.as_ref().map(ToString::to_string),
        identity: Identity::Describes,
        pin: None,
    }
    /// Its serial number.
    serial "serial": String {
        holds: |serial, of| of.facts.serial.as_ref() == Some(serial),
        found: |of| of.facts.serial.clone(),
        identity: Identity::Describes,
        pin: Some(Property::Serial),
    }
    /// Its NUMA node.
    numa_node "numaNode": u16 {
        holds: |node, of| of.facts.numa_node == Some(*node),
        found: |of| of.facts.numa_node.map(|node| node.to_string()),
        identity: Identity::Describes,
        pin: None,
    }
    // A carrier comes and goes, so that nothing rests on it.
    /// Whether its interface has a carrier.
    link_up "linkUp": bool {
        holds: |up, of| of.netdev().is_some_and(|netdev| netdev.carrier == *up),
        found: |of| of.netdev().map(|netdev| netdev.carrier.to_string()),
        identity: Identity::Describes,
        pin: None,
    }
    /// An address, or a network that one of its addresses lies in.
    address "address": Cidr {
        holds: |network, of| of.addresses().iter().any(|address| network.contains(address.address())),
        found: |of| Some(listed(of.addresses())),
        identity: Identity::Relates,
        pin: None,
    }
    /// Whether a default route leads through it.
    default_route "defaultRoute": bool {
        holds: |leads, of| of.host.leads_to_default_route(of.facts) == *leads,
        found: |of| Some(of.host.leads_to_default_route(of.facts).to_string()),
        identity: Identity::Relates,
        pin: Some(Property::DefaultRoute),
    }
    /// The bond that it is a port of.
    bond "bond": InterfaceName {
        holds: |bond, of| of.bond() == Some(bond),
        found: |of| Some(of.bond().map_or("none".to_owned(), ToString::to_string)),
        identity: Identity::Relates,
        pin: Some(Property::Master),
    }
}

impl Matcher {
    /// Returns the terms that do not hold for the candidate; none where it matches.
    pub(crate) fn mismatches(&self, candidate: Candidate<'_>) -> Vec<FailedTerm> {
        let mut failed = self.failed_terms(candidate);
        let alternatives: Vec<_> = self.any_of.iter().map(|matcher| matcher.mismatches(candidate)).collect();
        if !alternatives.is_empty() && !alternatives.iter().any(Vec::is_empty) {
            failed.push(FailedTerm::AnyOf(alternatives.concat()));
        }
        failed
    }

    /// Returns the properties that the terms rest on, as far as they can change under a device's address.
    pub(crate) fn pins(&self, candidate: Candidate<'_>) -> BTreeSet<Property> {
        let holding = self.any_of.iter().filter(|alternative| alternative.mismatches(candidate).is_empty());
        self.own_pins().chain(holding.flat_map(|alternative| alternative.pins(candidate))).collect()
    }

    /// Returns whether each device that the other matches is matched by this one, too, as far as terms tell.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let choices = self.choices();
        let is_covered = |narrow: Vec<&Self>| {
            choices.iter().any(|wide| wide.iter().all(|matcher| matcher.follows_from(&narrow)))
        };
        other.choices().into_iter().all(is_covered)
    }

    /// Returns the ways to match: matchers whose own terms must hold together, one list for each alternative.
    fn choices(&self) -> Vec<Vec<&Self>> {
        if self.any_of.is_empty() {
            return vec![vec![self]];
        }
        let choices = self.any_of.iter().flat_map(Self::choices);
        choices.map(|choice| std::iter::once(self).chain(choice).collect()).collect()
    }

    /// Returns the term by which both surely mean the same device of a host; `None` where they may differ.
    pub(crate) fn surely_same_device(&self, other: &Self) -> Option<&'static str> {
        let compared = self.compared(other);
        let contradict = compared
            .iter()
            .any(|(_, equal, identity)| !equal && matches!(identity, Identity::Names | Identity::Describes));
        let mut same = compared.iter().filter(|(_, equal, identity)| {
            *equal && matches!(identity, Identity::Names | Identity::OneOfNames)
        });
        same.next().filter(|_| !contradict).map(|(key, ..)| *key)
    }
}

/// Writes the terms for people, such as `interface eth0, driver igb`.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = self.words();
        if !self.any_of.is_empty() {
            words.push(format!("anyOf ({})", joined(&self.any_of, " | ")));
        }
        f.write_str(&words.join(", "))
    }
}

impl<'a> Candidate<'a> {
    fn netdev(self) -> Option<&'a PfNetdev> {
        self.facts.netdev.as_ref()
    }

    fn mac(self) -> Option<MacAddress> {
        self.netdev().map(|netdev| netdev.permanent_mac.unwrap_or(netdev.mac))
    }

    fn bond(self) -> Option<&'a InterfaceName> {
        let master = self.netdev()?.master.as_ref()?;
        (master.kind == "bond").then_some(&master.name)
    }

    /// Returns the addresses of the PF's interface and of what stands on it: bond, bridge, VLAN.
    fn addresses(self) -> Vec<Cidr> {
        let Some(netdev) = self.netdev() else { return Vec::new() };
        let uppers = self.host.standing_on(&netdev.name);
        let uppers = uppers.iter().filter_map(|name| self.host.links.get(name));
        netdev.addresses.iter().chain(uppers.flat_map(|link| &link.addresses)).copied().collect()
    }
}

fn joined<T: fmt::Display>(items: &[T], separator: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
}

/// Returns items with blanks between, or that there is none.
fn listed<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(" ") }
}
