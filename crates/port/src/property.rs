//! The table of properties: what a claim can be about, in which words it is written, and how it is read from facts.
//!
//! Planning and verifying read a property through the same row, so that both believe the same of it.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{ModuleName, ParseError, Reading, Toggle, VfAttribute};

use crate::claim_value::{ClaimShape, ClaimValue};
use crate::facts::{HostFacts, PfFacts, VfFacts, World};
use crate::subject::{Scope, Subject, Thing};

const YES: ClaimShape = ClaimShape::Flag("no", "yes");
const ON: ClaimShape = ClaimShape::Flag("off", "on");
const UP: ClaimShape = ClaimShape::Flag("down", "up");

/// What facts tell of a property: `Known(None)` where its subject is there and has no such thing, such as no driver.
pub type Found = Reading<Option<ClaimValue>>;

/// How a property of one sort of thing is read.
#[derive(Debug, Clone, Copy)]
enum Reader {
    Module(fn(&HostFacts, &ModuleName) -> Found),
    Pf(fn(&HostFacts, &PfFacts) -> Found),
    Vf(fn(&PfFacts, &VfFacts) -> Found),
}

/// What the table says of one property.
#[derive(Debug, Clone, Copy)]
pub struct PropertyRow {
    /// Its word in spec, plan and claims.
    pub word: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Where it is read.
    pub source: &'static str,
    of: &'static [(ClaimShape, Reader)],
}

/// Makes the enum and its table from one row each.
macro_rules! properties {
    ($($name:ident $word:literal {
        doc: $doc:literal,
        source: $source:literal
        $(, module: $module_shape:expr, $module:expr)?
        $(, pf: $pf_shape:expr, $pf:expr)?
        $(, vf: $vf_shape:expr, $vf:expr)?
        $(,)?
    })*) => {
        /// Which property of its subject a claim speaks of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Property {
            $(#[doc = $doc] $name,)*
            /// VF: an attribute that its PF sets.
            Attribute(VfAttribute),
        }

        impl Property {
            /// Every property that is no VF attribute.
            pub const PLAIN: &'static [Self] = &[$(Self::$name),*];

            /// Returns the property's row.
            pub fn row(self) -> PropertyRow {
                match self {
                    $(Self::$name => PropertyRow {
                        word: $word,
                        doc: $doc,
                        source: $source,
                        of: &[
                            $(($module_shape, Reader::Module($module)),)?
                            $(($pf_shape, Reader::Pf($pf)),)?
                            $(($vf_shape, Reader::Vf($vf)),)?
                        ],
                    },)*
                    Self::Attribute(attribute) => PropertyRow {
                        word: attribute.key(),
                        doc: attribute.row().doc,
                        source: "the PF's VF list (RTM_GETLINK, RTEXT_FILTER_VF)",
                        of: &[],
                    },
                }
            }
        }
    };
}

properties! {
    Loaded "loaded" {
        doc: "Module: whether it is loaded.",
        source: "/sys/module",
        module: YES, |host, module| flag(host.system.modules.contains(module)),
    }
    Present "present" {
        doc: "PF: the device is there. VF: it exists.",
        source: "sysfs",
        pf: YES, |_, _| flag(true),
        vf: YES, |_, _| flag(true),
    }
    Address "address" {
        doc: "VF: its PCI address.",
        source: "the PF's `virtfn` link in sysfs",
        vf: ClaimShape::Name, |_, vf| name(vf.pci.as_ref()),
    }
    Interface "interface" {
        doc: "PF: the name of its interface. VF: whether it has one in the host's namespace.",
        source: "RTM_GETLINK",
        pf: ClaimShape::Name, |_, pf| of_netdev(pf, name(pf.netdev.as_ref().map(|netdev| &netdev.name))),
        vf: YES, |_, vf| flag(vf.netdev.is_some()),
    }
    Driver "driver" {
        doc: "PF, VF: the driver that holds it.",
        source: "the `driver` link in sysfs",
        pf: ClaimShape::Name, |_, pf| name(pf.driver.as_ref()),
        vf: ClaimShape::Name, |_, vf| name(vf.driver.as_ref()),
    }
    DriverOverride "driverOverride" {
        doc: "VF: the only driver that may take it.",
        source: "driver_override in sysfs",
        vf: ClaimShape::Name, |_, vf| match vf.driver_override_unread {
            true => Reading::Unreadable("driver_override could not be read".to_owned()),
            false => name(vf.driver_override.as_ref()),
        },
    }
    VfCount "count" {
        doc: "PF: how many VFs there are.",
        source: "the PF's `virtfn` links in sysfs, counted",
        pf: ClaimShape::Number, |_, pf| number(Some(u32::from(pf.vf_count))),
    }
    TotalVfs "totalVfs" {
        doc: "PF: how many VFs device and driver offer.",
        source: "sriov_totalvfs",
        pf: ClaimShape::Number, |_, pf| number(Some(u32::from(pf.total_vfs))),
    }
    Serial "serial" {
        doc: "PF: the device's serial number.",
        source: "the Device Serial Number capability",
        pf: ClaimShape::Name, |_, pf| name(pf.serial.as_ref()),
    }
    PermanentMac "permanentMac" {
        doc: "PF: the MAC address its interface was made with.",
        source: "RTM_GETLINK",
        pf: ClaimShape::Name, |_, pf| of_netdev(pf, name(pf.netdev.as_ref().and_then(|n| n.permanent_mac.as_ref()))),
    }
    Master "master" {
        doc: "PF: the bond, bridge or the like that its interface is a port of.",
        source: "RTM_GETLINK",
        pf: ClaimShape::Name, |_, pf| {
            of_netdev(pf, name(pf.netdev.as_ref().and_then(|n| n.master.as_ref()).map(|master| &master.name)))
        },
    }
    DefaultRoute "defaultRoute" {
        doc: "PF: whether a default route leads through its interface or what stands on it.",
        source: "RTM_GETROUTE",
        pf: YES, |host, pf| of_netdev(pf, flag(host.leads_to_default_route(pf))),
    }
    DriversAutoprobe "driversAutoprobe" {
        doc: "PF: whether the kernel binds new VFs to a driver.",
        source: "sriov_drivers_autoprobe",
        pf: ON, |_, pf| Reading::Known(pf.drivers_autoprobe.map(|autoprobe| ClaimValue::Flag(autoprobe == Toggle::On))),
    }
    EswitchMode "eswitchMode" {
        doc: "PF: the mode of its embedded switch.",
        source: "devlink (DEVLINK_CMD_ESWITCH_GET)",
        pf: ClaimShape::Name, |_, pf| pf.read_eswitch_mode(),
    }
    Mtu "mtu" {
        doc: "PF, VF: the MTU of its interface in bytes.",
        source: "RTM_GETLINK",
        pf: ClaimShape::Number, |_, pf| of_netdev(pf, number(pf.netdev.as_ref().map(|netdev| netdev.mtu))),
        vf: ClaimShape::Number, |_, vf| number(vf.netdev.as_ref().map(|netdev| netdev.mtu)),
    }
    AdminState "adminState" {
        doc: "PF: whether its interface is set up.",
        source: "RTM_GETLINK",
        pf: UP, |_, pf| of_netdev(pf, Reading::Known(pf.netdev.as_ref().map(|netdev| ClaimValue::Flag(netdev.up)))),
    }
    Carrier "carrier" {
        doc: "PF: whether its interface has a carrier.",
        source: "RTM_GETLINK",
        pf: YES, |_, pf| of_netdev(pf, Reading::Known(pf.netdev.as_ref().map(|netdev| ClaimValue::Flag(netdev.carrier)))),
    }
    InUse "inUse" {
        doc: "PF: whether somebody uses its interface. VF: whether somebody uses it, or it could not be looked.",
        source: "network namespaces, routes, addresses and open files",
        pf: YES, |host, pf| flag(!host.users_of(pf).is_empty()),
        vf: YES, |_, vf| flag(!vf.uses.is_empty()),
    }
    ElsewhereNetns "inOtherNamespace" {
        doc: "VF: whether its interface is in another network namespace.",
        source: "network namespaces",
        vf: YES, |_, vf| flag(vf.is_in_other_namespace()),
    }
}

fn flag(value: bool) -> Found {
    Reading::Known(Some(ClaimValue::Flag(value)))
}

fn number(value: Option<u32>) -> Found {
    Reading::Known(value.map(ClaimValue::Number))
}

fn name<T: fmt::Display>(value: Option<&T>) -> Found {
    Reading::Known(value.map(|value| ClaimValue::Name(value.to_string())))
}

/// Returns what was found of a PF's interface: one that is missing although the driver has made it was not seen, since
/// it is in another network namespace or netlink could not be read. That is not the same as there being none.
fn of_netdev(pf: &PfFacts, found: Found) -> Found {
    if pf.netdev.is_none() && pf.hides_netdev() {
        return Reading::Unreadable("the PF's interface cannot be seen from here".to_owned());
    }
    found
}

impl Property {
    /// Returns the property's word in spec, plan and claims.
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// Returns how its value is written for a thing of this sort; `None` where such a thing does not have it.
    pub fn shape(self, thing: &Thing) -> Option<ClaimShape> {
        if let Self::Attribute(attribute) = self {
            return matches!(thing, Thing::Vf(..)).then_some(ClaimShape::Vf(attribute));
        }
        let fits = |reader: &Reader| {
            let pair = (reader, thing);
            matches!(pair, (Reader::Module(_), Thing::Module(_)) | (Reader::Pf(_), Thing::Pf(_)))
                || matches!(pair, (Reader::Vf(_), Thing::Vf(..)))
        };
        self.row().of.iter().find(|(_, reader)| fits(reader)).map(|(shape, _)| *shape)
    }

    /// Returns a value of this property of a thing as it is written everywhere.
    pub fn show(self, thing: &Thing, value: &ClaimValue) -> String {
        self.shape(thing).unwrap_or(ClaimShape::Name).show(value)
    }

    /// Reads what `show` writes.
    pub(crate) fn parse_value(self, thing: &Thing, text: &str) -> Result<ClaimValue, ParseError> {
        let none = || ParseError::new(text, "value of a property that such a thing has");
        self.shape(thing).ok_or_else(none)?.parse(text)
    }

    /// Reads this property of a subject; `None` where the subject is not there.
    pub fn read(self, subject: &Subject, world: &World) -> Option<Found> {
        let Subject { scope, thing } = subject;
        let Scope::Host(host) = scope else {
            return Some(Reading::Unreadable("the cluster has no facts of that".to_owned()));
        };
        let Some(facts) = world.hosts.get(host) else {
            return Some(Reading::Unreadable(format!("there are no facts of host {host}")));
        };
        // The one property that an absent subject has.
        let absent = || (self == Self::Present).then(|| flag(false));
        match thing {
            Thing::System => Some(Reading::Unsupported),
            Thing::Module(module) => Some(self.read_module(facts, module)),
            Thing::Pf(pf) => match facts.physical_functions.get(pf) {
                Some(pf) => Some(self.read_pf(facts, pf)),
                None => absent(),
            },
            Thing::Vf(pf, vf) => {
                let pf = facts.physical_functions.get(pf);
                match pf.and_then(|pf| Some((pf, pf.vfs.get(vf)?))) {
                    Some((pf, vf)) => Some(self.read_vf(pf, vf)),
                    None => absent(),
                }
            }
        }
    }

    fn read_module(self, host: &HostFacts, module: &ModuleName) -> Found {
        let reader = self.row().of.iter().find_map(|(_, reader)| match reader {
            Reader::Module(read) => Some(read),
            Reader::Pf(_) | Reader::Vf(_) => None,
        });
        reader.map_or(Reading::Unsupported, |read| read(host, module))
    }

    /// Reads this property of a PF.
    pub fn read_pf(self, host: &HostFacts, pf: &PfFacts) -> Found {
        let reader = self.row().of.iter().find_map(|(_, reader)| match reader {
            Reader::Pf(read) => Some(read),
            Reader::Module(_) | Reader::Vf(_) => None,
        });
        reader.map_or(Reading::Unsupported, |read| read(host, pf))
    }

    /// Reads this property of a VF of a PF.
    pub fn read_vf(self, pf: &PfFacts, vf: &VfFacts) -> Found {
        if let Self::Attribute(attribute) = self {
            return match pf.attribute(vf, attribute) {
                Reading::Known(value) => Reading::Known(Some(ClaimValue::Vf(value))),
                Reading::Unsupported => Reading::Unsupported,
                Reading::Unreadable(why) => Reading::Unreadable(why),
            };
        }
        let reader = self.row().of.iter().find_map(|(_, reader)| match reader {
            Reader::Vf(read) => Some(read),
            Reader::Module(_) | Reader::Pf(_) => None,
        });
        reader.map_or(Reading::Unsupported, |read| read(pf, vf))
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Property {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let plain = Self::PLAIN.iter().copied().find(|property| property.word() == text);
        let property = plain.map_or_else(|| text.parse().map(Self::Attribute), Ok);
        property.map_err(|_| ParseError::new(text, "property of a claim"))
    }
}

impl Serialize for Property {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Property {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Property {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Property".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "A property such as count or mtu." })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Returns every property.
    fn all() -> impl Iterator<Item = Property> {
        Property::PLAIN.iter().copied().chain(VfAttribute::ALL.iter().map(|a| Property::Attribute(*a)))
    }

    #[test]
    fn every_property_has_a_word_of_its_own_which_reads_as_it() {
        let words: BTreeSet<&str> = all().map(Property::word).collect();
        assert_eq!(words.len(), all().count());
        for property in all() {
            assert_eq!(property.to_string().parse(), Ok(property));
            assert!(!property.row().source.is_empty(), "{property}");
        }
    }

    #[test]
    fn every_value_round_trips_as_text_for_each_thing_that_has_the_property() {
        let pf: vfctl_model::DeviceAddress = "pci/0000:01:00.0".parse().expect("a PF");
        let module = Thing::Module("vfio_pci".parse().expect("a module"));
        let things = [module, Thing::Pf(pf.clone()), Thing::Vf(pf, vfctl_model::VfIndex(3))];
        for property in all() {
            let shapes = things.iter().filter_map(|thing| Some((thing, property.shape(thing)?)));
            let mut read = 0;
            for (thing, shape) in shapes {
                let values = match shape {
                    ClaimShape::Flag(..) => vec![ClaimValue::Flag(true), ClaimValue::Flag(false)],
                    ClaimShape::Number => vec![ClaimValue::Number(7)],
                    ClaimShape::Name => vec![ClaimValue::Name("eth0".to_owned())],
                    ClaimShape::Vf(attribute) => vec![ClaimValue::Vf(attribute.factory())],
                };
                for value in values {
                    assert_eq!(property.parse_value(thing, &property.show(thing, &value)), Ok(value));
                    read += 1;
                }
            }
            assert!(read > 0, "{property}");
        }
    }
}
