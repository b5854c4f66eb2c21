//! What a claim can be about, and how that is found in the facts.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{
    DeviceAddress, ModuleName, ParseError, RawReading, Reading, Toggle, VfAttribute, VfIndex, VfValue,
};

use crate::facts::{HostFacts, PfFacts, VfFacts};

/// What a claim speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A kernel module of the host.
    Module(ModuleName),
    /// A PF.
    Pf(DeviceAddress),
    /// A VF of a PF.
    Vf(DeviceAddress, VfIndex),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module(module) => write!(f, "module {module}"),
            Self::Pf(pf) => pf.fmt(f),
            Self::Vf(pf, vf) => write!(f, "{pf} vf {vf}"),
        }
    }
}

/// Which property of its subject a claim speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// Module: whether it is loaded.
    Loaded,
    /// PF: the device is there. VF: it exists.
    Present,
    /// PF: the name of its interface. VF: whether it has one in the host's namespace.
    Interface,
    /// PF, VF: the driver that holds it.
    Driver,
    /// VF: the only driver that may take it.
    DriverOverride,
    /// PF: how many VFs there are.
    VfCount,
    /// PF: how many VFs device and driver offer.
    TotalVfs,
    /// PF: the device's serial number.
    Serial,
    /// PF: the MAC address its interface was made with.
    PermanentMac,
    /// PF: the bond, bridge or the like that its interface is a port of.
    Master,
    /// PF: whether a default route leads through its interface or what stands on it.
    DefaultRoute,
    /// PF: whether the kernel binds new VFs to a driver.
    DriversAutoprobe,
    /// PF, VF: the MTU of its interface.
    Mtu,
    /// PF: whether its interface is set up.
    Up,
    /// PF: whether its interface has a carrier.
    Carrier,
    /// PF: whether somebody uses its interface. VF: whether somebody uses it, or it could not be looked.
    InUse,
    /// VF: whether its interface is in another network namespace.
    Lent,
    /// VF: an attribute that its PF sets.
    Attribute(VfAttribute),
}

/// A value that a property can have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimValue {
    /// Yes or no.
    Flag(bool),
    /// A count or a size.
    Number(u32),
    /// A name of the kernel's.
    Name(String),
    /// The value of a VF attribute.
    Vf(VfValue),
}

impl fmt::Display for ClaimValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => f.write_str(name),
            Self::Vf(value) => value.fmt(f),
        }
    }
}

impl Property {
    /// Returns the property in the words of the spec, for people.
    pub fn word(&self) -> String {
        match self {
            Self::VfCount => "count".to_owned(),
            Self::Up => "adminState".to_owned(),
            Self::Loaded
            | Self::Present
            | Self::Interface
            | Self::Driver
            | Self::DriverOverride
            | Self::DriversAutoprobe
            | Self::Mtu
            | Self::Carrier
            | Self::InUse
            | Self::Lent
            | Self::TotalVfs
            | Self::Serial
            | Self::PermanentMac
            | Self::Master
            | Self::DefaultRoute
            | Self::Attribute(_) => self.to_string(),
        }
    }

    /// Returns a value of this property in the words of the spec, for people.
    pub(crate) fn show(&self, value: &ClaimValue) -> String {
        match (self, value) {
            (Self::Up, ClaimValue::Flag(up)) => if *up { "up" } else { "down" }.to_owned(),
            (Self::DriversAutoprobe, ClaimValue::Flag(on)) => Toggle::from(*on).to_string(),
            (_, value) => value.to_string(),
        }
    }

    /// Reads the value of this property of `subject`; `Known(None)` where there is no such thing.
    pub(crate) fn read(&self, subject: &Subject, host: &HostFacts) -> Reading<Option<ClaimValue>> {
        let known = |value: ClaimValue| Reading::Known(Some(value));
        match subject {
            Subject::Module(module) => match self {
                Self::Loaded => known(ClaimValue::Flag(host.system.modules.contains(module))),
                _ => Reading::Unsupported,
            },
            Subject::Pf(address) => match (host.physical_functions.get(address), self) {
                (found, Self::Present) => known(ClaimValue::Flag(found.is_some())),
                (None, _) => Reading::Known(None),
                (Some(pf), Self::InUse) => known(ClaimValue::Flag(!host.users_of(pf).is_empty())),
                (Some(pf), Self::DefaultRoute) => known(ClaimValue::Flag(host.leads_to_default_route(pf))),
                (Some(pf), property) => property.read_pf(pf),
            },
            Subject::Vf(address, index) => {
                let vf = host.physical_functions.get(address).and_then(|pf| pf.vfs.get(index));
                match (vf, self) {
                    (found, Self::Present) => known(ClaimValue::Flag(found.is_some())),
                    (None, _) => Reading::Known(None),
                    (Some(vf), property) => property.read_vf(vf),
                }
            }
        }
    }

    fn read_pf(&self, pf: &PfFacts) -> Reading<Option<ClaimValue>> {
        let netdev = pf.netdev.as_ref();
        Reading::Known(match self {
            Self::Interface => netdev.map(|n| ClaimValue::Name(n.name.to_string())),
            Self::Driver => pf.driver.as_ref().map(|d| ClaimValue::Name(d.to_string())),
            Self::VfCount => Some(ClaimValue::Number(u32::from(pf.vf_count))),
            Self::TotalVfs => Some(ClaimValue::Number(u32::from(pf.total_vfs))),
            Self::Serial => pf.serial.clone().map(ClaimValue::Name),
            Self::PermanentMac => {
                netdev.and_then(|n| n.permanent_mac).map(|mac| ClaimValue::Name(mac.to_string()))
            }
            Self::Master => {
                netdev.and_then(|n| n.master.as_ref()).map(|m| ClaimValue::Name(m.name.to_string()))
            }
            Self::DriversAutoprobe => pf.drivers_autoprobe.map(|t| ClaimValue::Flag(t == Toggle::On)),
            Self::Mtu => netdev.map(|n| ClaimValue::Number(n.mtu)),
            Self::Up => netdev.map(|n| ClaimValue::Flag(n.up)),
            Self::Carrier => netdev.map(|n| ClaimValue::Flag(n.carrier)),
            Self::Loaded
            | Self::Present
            | Self::DriverOverride
            | Self::InUse
            | Self::Lent
            | Self::DefaultRoute
            | Self::Attribute(_) => {
                return Reading::Unsupported;
            }
        })
    }

    fn read_vf(&self, vf: &VfFacts) -> Reading<Option<ClaimValue>> {
        Reading::Known(match self {
            Self::Interface => Some(ClaimValue::Flag(vf.netdev.is_some())),
            Self::Driver => vf.driver.as_ref().map(|d| ClaimValue::Name(d.to_string())),
            Self::DriverOverride => vf.driver_override.as_ref().map(|d| ClaimValue::Name(d.to_string())),
            Self::Mtu => vf.netdev.as_ref().map(|n| ClaimValue::Number(n.mtu)),
            Self::InUse => Some(ClaimValue::Flag(!vf.uses.is_empty())),
            Self::Lent => Some(ClaimValue::Flag(vf.is_lent())),
            Self::Attribute(attribute) => match vf.attributes.0.get(attribute) {
                Some(RawReading::Value(value)) => Some(ClaimValue::Vf(*value)),
                Some(RawReading::NotReported) => return Reading::Unsupported,
                Some(RawReading::Unreadable(why)) => return Reading::Unreadable(why.clone()),
                None => None,
            },
            Self::Loaded
            | Self::Present
            | Self::VfCount
            | Self::TotalVfs
            | Self::Serial
            | Self::PermanentMac
            | Self::Master
            | Self::DefaultRoute
            | Self::DriversAutoprobe
            | Self::Up
            | Self::Carrier => {
                return Reading::Unsupported;
            }
        })
    }

    /// Reads the text of a value of this property.
    pub(crate) fn parse_value(&self, subject: &Subject, text: &str) -> Result<ClaimValue, ParseError> {
        let flag = || match text {
            "yes" => Ok(ClaimValue::Flag(true)),
            "no" => Ok(ClaimValue::Flag(false)),
            _ => Err(ParseError::new(text, "flag (`yes` or `no`)")),
        };
        match self {
            Self::Loaded
            | Self::Present
            | Self::DriversAutoprobe
            | Self::Up
            | Self::Carrier
            | Self::DefaultRoute
            | Self::InUse
            | Self::Lent => flag(),
            Self::Interface if matches!(subject, Subject::Vf(..)) => flag(),
            Self::Interface
            | Self::Driver
            | Self::DriverOverride
            | Self::Serial
            | Self::PermanentMac
            | Self::Master => Ok(ClaimValue::Name(text.to_owned())),
            Self::VfCount | Self::TotalVfs | Self::Mtu => {
                text.parse().map(ClaimValue::Number).map_err(|_| ParseError::new(text, "number"))
            }
            Self::Attribute(attribute) => VfValue::parse(attribute.row().shape, text).map(ClaimValue::Vf),
        }
    }
}

/// The properties that are one word.
const WORDS: &[(&str, Property)] = &[
    ("loaded", Property::Loaded),
    ("present", Property::Present),
    ("interface", Property::Interface),
    ("driver", Property::Driver),
    ("driverOverride", Property::DriverOverride),
    ("vfCount", Property::VfCount),
    ("totalVfs", Property::TotalVfs),
    ("serial", Property::Serial),
    ("permanentMac", Property::PermanentMac),
    ("master", Property::Master),
    ("defaultRoute", Property::DefaultRoute),
    ("driversAutoprobe", Property::DriversAutoprobe),
    ("mtu", Property::Mtu),
    ("up", Property::Up),
    ("carrier", Property::Carrier),
    ("inUse", Property::InUse),
    ("lent", Property::Lent),
];

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => attribute.fmt(f),
            word => match WORDS.iter().find(|(_, property)| property == word) {
                Some((text, _)) => f.write_str(text),
                None => Err(fmt::Error),
            },
        }
    }
}

impl FromStr for Property {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match WORDS.iter().find(|(word, _)| *word == text) {
            Some((_, property)) => Ok(property.clone()),
            None => {
                text.parse().map(Self::Attribute).map_err(|_| ParseError::new(text, "property of a claim"))
            }
        }
    }
}

impl Serialize for Property {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
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
        let description = "A property such as vfCount, driver or mtu, or the key of a VF attribute.";
        schemars::json_schema!({ "type": "string", "description": description })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_properties_and_keys_of_attributes_do_not_collide() {
        for attribute in VfAttribute::ALL {
            assert!(!WORDS.iter().any(|(word, _)| *word == attribute.key()), "{attribute}");
        }
    }

    #[test]
    fn every_property_round_trips_as_text() {
        let all = WORDS.iter().map(|(_, property)| property.clone());
        for property in all.chain(VfAttribute::ALL.iter().map(|a| Property::Attribute(*a))) {
            assert_eq!(property.to_string().parse(), Ok(property));
        }
    }
}
