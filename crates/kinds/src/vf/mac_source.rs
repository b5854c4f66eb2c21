//! Where the MAC addresses of several VFs come from.
//!
//! One address for one VF is no source: that is a plain value.

use std::collections::BTreeSet;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, SeqAccess, Unexpected, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::MacAddress;

use crate::vf_address::VfAddress;

/// One rule that gives each VF of a set a MAC address of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MacSource {
    /// Counting up from this one, in the order of the VFs' numbers.
    First(MacAddress),
    /// These, in the order of the VFs' numbers.
    List(Vec<MacAddress>),
    /// The list of this name among the host's values.
    FromHost(String),
    /// This one, which a VF of another port has as well: one guest bonds both.
    Shared(MacAddress),
    /// Computed, so that the same parts always give the same address.
    Derive {
        /// The first bytes, one to three, as text: `02:4f`.
        prefix: Vec<u8>,
        /// What the rest is computed from, each part once and in the order of the enum.
        from: Vec<DeriveFrom>,
    },
}

/// What a derived MAC address is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeriveFrom {
    /// The host's name.
    NodeName,
    /// The PF's address.
    Pf,
    /// The VF's number.
    Index,
}

/// A source as documents have it: exactly one of these.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SourceMap {
    /// The address of the first VF; each further VF gets the next one.
    #[schemars(with = "Option<VfAddress>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<MacAddress>,
    /// One address for each VF, or `{fromHost: name}` for a list among the host's values.
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<List>,
    /// An address that VFs of several ports have, one of each: for a guest that bonds them.
    #[schemars(with = "Option<VfAddress>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    shared: Option<MacAddress>,
    /// Computed from the host, the PF and the VF's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    derive: Option<Derive>,
}

impl Serialize for MacSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let map = match self {
            Self::First(first) => SourceMap { first: Some(*first), ..SourceMap::default() },
            Self::List(macs) => SourceMap { list: Some(List::Here(macs.clone())), ..SourceMap::default() },
            Self::FromHost(name) => {
                SourceMap { list: Some(List::FromHost(name.clone())), ..SourceMap::default() }
            }
            Self::Shared(mac) => SourceMap { shared: Some(*mac), ..SourceMap::default() },
            Self::Derive { prefix, from } => {
                let derive = Derive { prefix: Prefix(prefix.clone()), from: from.clone() };
                SourceMap { derive: Some(derive), ..SourceMap::default() }
            }
        };
        map.serialize(serializer)
    }
}

/// What a map of sources holds.
const ONE_SOURCE: &str = "exactly one of `first`, `list`, `shared`, `derive`";

impl<'de> Deserialize<'de> for MacSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let SourceMap { first, list, shared, derive } = SourceMap::deserialize(deserializer)?;
        let list = list.map(|list| match list {
            List::Here(macs) => Self::List(macs),
            List::FromHost(name) => Self::FromHost(name),
        });
        let derive = derive.map(|Derive { prefix: Prefix(prefix), from }| {
            // The parts are a set, so that their order in the text changes no address.
            let parts: BTreeSet<_> = from.into_iter().collect();
            Self::Derive { prefix, from: parts.into_iter().collect() }
        });
        let sources = [first.map(Self::First), list, shared.map(Self::Shared), derive];
        let mut sources = sources.into_iter().flatten();
        match (sources.next(), sources.next()) {
            (Some(source), None) => Ok(source),
            (None, _) => Err(de::Error::invalid_value(Unexpected::Other("none"), &ONE_SOURCE)),
            (Some(_), Some(_)) => Err(de::Error::invalid_value(Unexpected::Other("several"), &ONE_SOURCE)),
        }
    }
}

impl JsonSchema for MacSource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MacSource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = SourceMap::json_schema(generator);
        schema.insert("minProperties".to_owned(), 1.into());
        schema.insert("maxProperties".to_owned(), 1.into());
        schema
    }
}

/// Addresses in order, or the name of such a list among the host's values.
enum List {
    /// These addresses.
    Here(Vec<MacAddress>),
    /// The list of this name among the host's values.
    FromHost(String),
}

/// The name of a list among the host's values.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FromHost {
    /// The name of a list under `spec.hosts.<host>`.
    from_host: String,
}

impl Serialize for List {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Here(macs) => macs.serialize(serializer),
            Self::FromHost(name) => FromHost { from_host: name.clone() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Addresses;
        impl<'de> Visitor<'de> for Addresses {
            type Value = List;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of quoted MAC addresses, or `{fromHost: name}`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List, A::Error> {
                let mut addresses = Vec::new();
                while let Some(address) = seq.next_element()? {
                    addresses.push(address);
                }
                Ok(List::Here(addresses))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<List, A::Error> {
                let FromHost { from_host } = FromHost::deserialize(MapAccessDeserializer::new(map))?;
                Ok(List::FromHost(from_host))
            }
        }
        deserializer.deserialize_any(Addresses)
    }
}

impl JsonSchema for List {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MacList".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let addresses = generator.subschema_for::<Vec<VfAddress>>();
        let from_host = generator.subschema_for::<FromHost>();
        json_schema!({ "anyOf": [addresses, from_host] })
    }
}

/// How addresses are computed.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Derive {
    /// The first one to three bytes of every address, such as `02:4f`; quote them.
    prefix: Prefix,
    /// What the rest is computed from: `nodeName`, `pf`, `index`; their order does not matter.
    from: Vec<DeriveFrom>,
}

/// The first bytes of a MAC address.
struct Prefix(Vec<u8>);

impl Serialize for Prefix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<String> = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&bytes.join(":"))
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes: Option<Vec<u8>> = text
            .split(':')
            .map(|byte| {
                let plain = byte.len() == 2 && byte.bytes().all(|b| b.is_ascii_hexdigit());
                plain.then(|| u8::from_str_radix(byte, 16).ok()).flatten()
            })
            .collect();
        let wanted = &"prefix of one to three bytes such as `02:4f`";
        let bytes = bytes.filter(|bytes| (1..=3).contains(&bytes.len()));
        bytes.map(Self).ok_or_else(|| de::Error::invalid_value(Unexpected::Str(&text), wanted))
    }
}

impl JsonSchema for Prefix {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MacPrefix".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-fA-F][02468aceACE](:[0-9a-fA-F]{2}){0,2}$" })
    }
}
