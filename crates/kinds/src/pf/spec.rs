//! The YAML of a physical function.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use vfctl_model::{
    Cidr, DeviceAddress, DriverName, InterfaceName, MacAddress, Mtu, PciAddress, PciId, Toggle,
};
use vfctl_port::AdminState;

use crate::setting::{Setting, Switch};
use crate::vf::{VfGroup, VfSettings};

/// What a document asks of one PF, or of each that it matches.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PfSpec {
    /// The document's name for it.
    pub name: String,
    /// Which device is meant.
    #[serde(rename = "match")]
    pub matcher: Matcher,
    /// How many devices the matcher must find: `one` (the default), `all`, or a number.
    #[serde(default)]
    pub expect: ExpectSpec,
    /// Whether a host may lack it.
    #[serde(default)]
    pub optional: bool,
    /// What to do about values that the driver does not support: `error` (the default) or `warn`.
    #[serde(default)]
    pub on_unsupported: OnUnsupported,
    /// Whether its interface is set up or down.
    #[serde(default)]
    pub admin_state: Option<AdminState>,
    /// The MTU of its interface in bytes, 68 to 65535, or `default` (1500).
    #[serde(default)]
    pub mtu: Option<Setting<Mtu>>,
    /// Its virtual functions.
    #[serde(default)]
    pub vfs: Option<VfsSpec>,
}

/// Which device is meant: all terms that are given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schemars(extend("minProperties" = 1))]
pub struct Matcher {
    /// The name of its interface.
    pub interface: Option<InterfaceName>,
    /// Another name of its interface.
    pub altname: Option<InterfaceName>,
    /// Its PCI address, or bus and name of another bus: `0000:3b:00.0`, `netdevsim/netdevsim1`.
    pub pci: Option<PciMatch>,
    /// The MAC address of its interface: the permanent one where the driver tells it, else the present one.
    pub mac_address: Option<MacAddress>,
    /// The PCI id of its vendor.
    pub vendor: Option<PciId>,
    /// The PCI id of its device.
    pub device: Option<PciId>,
    /// The driver that holds it.
    pub driver: Option<DriverName>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Its NUMA node.
    pub numa_node: Option<u16>,
    /// Whether its interface has a carrier.
    pub link_up: Option<bool>,
    /// An address, or a network that one of its addresses lies in.
    pub address: Option<Cidr>,
    /// Whether a default route leads through it.
    pub default_route: Option<bool>,
    /// The bond that it is a port of.
    pub bond: Option<InterfaceName>,
    /// Alternatives: one of these must hold, too.
    pub any_of: Vec<Matcher>,
}

/// A device by its address; a PCI address needs no bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PciMatch(pub DeviceAddress);

/// How many devices a matcher must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpectSpec {
    /// Exactly one.
    #[default]
    One,
    /// At least one.
    All,
    /// Exactly this many.
    Number(u16),
}

/// What to do about values that the driver does not support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnUnsupported {
    /// Nothing is written to the PF.
    #[default]
    Error,
    /// The value is left out, with a note.
    Warn,
}

/// The virtual functions of a PF.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VfsSpec {
    /// How many: a number, or `{want: 64, atMost: total}`.
    #[serde(default)]
    pub count: Option<CountSpec>,
    /// Whether the kernel binds new VFs to a driver: `on` or `off`.
    #[serde(default, deserialize_with = "switch")]
    #[schemars(with = "Option<Switch>")]
    pub drivers_autoprobe: Option<Toggle>,
    /// What holds for every VF.
    #[serde(default)]
    pub all: VfSettings,
    /// What holds for some; the later and narrower entry wins.
    #[serde(default)]
    pub groups: Vec<VfGroup>,
}

/// How many VFs a PF should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountSpec {
    /// This many.
    Number(u16),
    /// As many as wanted, or fewer where the device offers fewer.
    Wish {
        /// How many are wanted.
        want: u16,
        /// What bounds them.
        at_most: AtMost,
    },
}

/// What bounds a wished count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AtMost {
    /// What the device offers (`sriov_totalvfs`).
    Total,
}

/// Reads a switch in either spelling.
fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Toggle>, D::Error> {
    Ok(Option::<Switch>::deserialize(deserializer)?.map(|Switch(toggle)| toggle))
}

impl<'de> Deserialize<'de> for PciMatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let pci = || text.parse::<PciAddress>().map(DeviceAddress::Pci);
        match text.parse().or_else(|_| pci()) {
            Ok(address) => Ok(Self(address)),
            Err(_) => Err(de::Error::custom(format!(
                "`{text}` is no device address such as `0000:3b:00.0` or `netdevsim/netdevsim1`"
            ))),
        }
    }
}

impl JsonSchema for PciMatch {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PciMatch".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": ["0000:3b:00.0", "netdevsim/netdevsim1"] })
    }
}

impl<'de> Deserialize<'de> for ExpectSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Expectation;
        impl Visitor<'_> for Expectation {
            type Value = ExpectSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`one`, `all` or a number from 1 to 65535")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ExpectSpec, E> {
                match text {
                    "one" => Ok(ExpectSpec::One),
                    "all" => Ok(ExpectSpec::All),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<ExpectSpec, E> {
                let narrow = u16::try_from(number).map(ExpectSpec::Number);
                narrow.map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
        }
        deserializer.deserialize_any(Expectation)
    }
}

impl JsonSchema for ExpectSpec {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ExpectSpec".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "enum": ["one", "all"] }, { "type": "integer", "minimum": 1, "maximum": 65535 }] })
    }
}

/// The highest count: the register NumVFs is 16 bits wide (SR-IOV 1.1, 3.3.7).
const COUNT_MAX: u16 = 65535;

/// A wished count as documents have it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WishMap {
    /// How many are wanted.
    want: u16,
    /// What bounds them: `total`, what the device offers.
    at_most: AtMost,
}

impl<'de> Deserialize<'de> for CountSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Count;
        impl<'de> Visitor<'de> for Count {
            type Value = CountSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a number from 0 to {COUNT_MAX}, or `{{want: …, atMost: total}}`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<CountSpec, E> {
                Err(E::invalid_value(Unexpected::Str(text), &self))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<CountSpec, E> {
                let narrow = u16::try_from(number).map(CountSpec::Number);
                narrow.map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CountSpec, A::Error> {
                let WishMap { want, at_most } = WishMap::deserialize(MapAccessDeserializer::new(map))?;
                Ok(CountSpec::Wish { want, at_most })
            }
        }
        deserializer.deserialize_any(Count)
    }
}

impl JsonSchema for CountSpec {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CountSpec".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let wish = generator.subschema_for::<WishMap>();
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 0, "maximum": COUNT_MAX }, wish] })
    }
}
