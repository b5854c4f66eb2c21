//! The YAML of `ipam`: `type` says which plugin, and with it which fields there are.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::dhcp::DhcpIpam;
use super::host_local::HostLocalIpam;
use super::static_ipam::StaticIpam;
use super::whereabouts::{WhereaboutsConfig, WhereaboutsIpam};
use crate::free_value::FreeValue;
use crate::network::plugin::{NAME_PATTERN, PluginName, PluginObject, TYPE};

/// The plugin that gives out addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ipam {
    /// Each node gives out addresses of ranges.
    HostLocal(HostLocalIpam),
    /// Every pod gets the addresses that stand here.
    Static(StaticIpam),
    /// A server of the network gives out addresses.
    Dhcp(DhcpIpam),
    /// All nodes share ranges.
    Whereabouts(WhereaboutsIpam),
    /// Another plugin, with fields of its own.
    Other(PluginObject),
}

/// The plugins whose fields are known.
pub(in crate::network) const KNOWN: &[&str] = &["host-local", "static", "dhcp", "whereabouts"];

impl Ipam {
    /// Returns the name of the plugin.
    pub fn plugin(&self) -> &str {
        match self {
            Self::HostLocal(_) => "host-local",
            Self::Static(_) => "static",
            Self::Dhcp(_) => "dhcp",
            Self::Whereabouts(_) => "whereabouts",
            Self::Other(PluginObject { name, fields: _ }) => name.as_str(),
        }
    }

    /// Reads the fields of the plugin of this name.
    fn read<'de, A: MapAccess<'de>>(name: PluginName, map: A) -> Result<Self, A::Error> {
        let fields = MapAccessDeserializer::new(map);
        match name.as_str() {
            "host-local" => HostLocalIpam::deserialize(fields).map(Self::HostLocal),
            "static" => StaticIpam::deserialize(fields).map(Self::Static),
            "dhcp" => DhcpIpam::deserialize(fields).map(Self::Dhcp),
            "whereabouts" => WhereaboutsIpam::deserialize(fields).map(Self::Whereabouts),
            _ => fields.deserialize_map(OtherFields(name)).map(Self::Other),
        }
    }
}

/// Reads the fields of a plugin that is not known.
struct OtherFields(PluginName);

impl<'de> Visitor<'de> for OtherFields {
    type Value = PluginObject;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of the plugin's fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PluginObject, A::Error> {
        PluginObject::read(self.0, map)
    }
}

impl<'de> Deserialize<'de> for Ipam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByType;
        impl<'de> Visitor<'de> for ByType {
            type Value = Ipam;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map with the `type` of an IPAM plugin and its fields")
            }

            /// The reader of specs gives the field that the struct names first; other readers may not, and then what they
            /// say of a mistake lacks its place.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ipam, A::Error> {
                let missing = || A::Error::missing_field(TYPE);
                let first: String = map.next_key()?.ok_or_else(missing)?;
                if first == TYPE {
                    let name = map.next_value()?;
                    return Ipam::read(name, map);
                }
                let mut rest = serde_json::Map::new();
                rest.insert(first, map.next_value::<FreeValue>()?.json().clone());
                while let Some((key, value)) = map.next_entry::<String, FreeValue>()? {
                    rest.insert(key, value.json().clone());
                }
                let name = rest.remove(TYPE).ok_or_else(missing)?;
                let name = serde_json::from_value(name).map_err(A::Error::custom)?;
                Value::Object(rest).deserialize_map(ByName(name)).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_struct("Ipam", &[TYPE], ByType)
    }
}

/// Reads the fields of the plugin of a name.
struct ByName(PluginName);

impl<'de> Visitor<'de> for ByName {
    type Value = Ipam;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of the plugin's fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Ipam, A::Error> {
        Ipam::read(self.0, map)
    }
}

/// A known plugin with its type first.
#[derive(Serialize)]
#[serde(tag = "type")]
enum Tagged<'a> {
    #[serde(rename = "host-local")]
    HostLocal(&'a HostLocalIpam),
    #[serde(rename = "static")]
    Static(&'a StaticIpam),
    #[serde(rename = "dhcp")]
    Dhcp(&'a DhcpIpam),
    #[serde(rename = "whereabouts")]
    Whereabouts(&'a WhereaboutsIpam),
    #[serde(rename = "whereabouts")]
    WhereaboutsConfig(WhereaboutsConfig<'a>),
}

/// Writes it as specs have it.
impl Serialize for Ipam {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::HostLocal(ipam) => Tagged::HostLocal(ipam).serialize(serializer),
            Self::Static(ipam) => Tagged::Static(ipam).serialize(serializer),
            Self::Dhcp(ipam) => Tagged::Dhcp(ipam).serialize(serializer),
            Self::Whereabouts(ipam) => Tagged::Whereabouts(ipam).serialize(serializer),
            Self::Other(object) => object.serialize(serializer),
        }
    }
}

/// The plugin as its configuration has it.
pub(in crate::network) struct IpamConfig<'a>(pub(in crate::network) &'a Ipam);

impl Serialize for IpamConfig<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Ipam::Whereabouts(ipam) => {
                Tagged::WhereaboutsConfig(WhereaboutsConfig::of(ipam)).serialize(serializer)
            }
            // These are spelled in specs as they spell themselves.
            same @ (Ipam::HostLocal(_) | Ipam::Static(_) | Ipam::Dhcp(_) | Ipam::Other(_)) => {
                same.serialize(serializer)
            }
        }
    }
}

impl JsonSchema for Ipam {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ipam".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let known = [
            typed("host-local", HostLocalIpam::json_schema(generator)),
            typed("static", StaticIpam::json_schema(generator)),
            typed("dhcp", DhcpIpam::json_schema(generator)),
            typed("whereabouts", WhereaboutsIpam::json_schema(generator)),
        ];
        let value = generator.subschema_for::<FreeValue>();
        let other = json_schema!({
            "type": "object",
            "description": "Another plugin, with fields of its own, which are handed on as they are.",
            "required": [TYPE],
            "properties": { TYPE: {
                "type": "string",
                "description": "The plugin.",
                "pattern": NAME_PATTERN,
                "not": { "enum": KNOWN },
            } },
            "additionalProperties": value,
        });
        let choices: Vec<Schema> = known.into_iter().chain([other]).collect();
        json_schema!({ "description": "The plugin that gives out addresses.", "anyOf": choices })
    }
}

/// Returns the schema of a plugin's fields with its type among them.
fn typed(name: &str, mut fields: Schema) -> Schema {
    let object = fields.ensure_object();
    let tag = json!({ "const": name, "description": "The plugin." });
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.insert(TYPE.to_owned(), tag);
    }
    object.insert("required".to_owned(), json!([TYPE]));
    fields
}
