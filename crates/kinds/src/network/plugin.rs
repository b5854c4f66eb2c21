//! A CNI plugin that vfctl does not know: its `type`, and fields that are handed on as they are.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{ParseError, misread};

use crate::free_value::FreeValue;

/// The field that says what a plugin is.
pub(super) const TYPE: &str = "type";

/// The pattern of a plugin's name, for schemas.
pub(super) const NAME_PATTERN: &str = "^[0-9A-Za-z_][0-9A-Za-z._-]{0,62}$";

/// The name of a CNI plugin, which is that of its program in the node's folder of plugins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PluginName(String);

impl PluginName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        f.pad(name)
    }
}

impl FromStr for PluginName {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        let starts_well = !text.is_empty() && !text.starts_with(['.', '-']);
        let name = (plain && starts_well && text.len() <= 63).then(|| Self(text.to_owned()));
        name.ok_or_else(|| ParseError::new(text, "name of a CNI plugin, such as `tuning`"))
    }
}

impl Serialize for PluginName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PluginName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(|error| misread(&text, &error))
    }
}

/// A plugin by its type, with fields of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginObject {
    /// Its name.
    pub name: PluginName,
    /// Its fields, without `type`.
    pub fields: BTreeMap<String, FreeValue>,
}

impl PluginObject {
    /// Returns the object of a plugin whose name is read already, from the rest of its entries.
    pub(super) fn read<'de, A: MapAccess<'de>>(name: PluginName, mut map: A) -> Result<Self, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((key, value)) = map.next_entry()? {
            fields.insert(key, value);
        }
        Ok(Self { name, fields })
    }
}

impl Serialize for PluginObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { name, fields } = self;
        let mut map = serializer.serialize_map(Some(fields.len() + 1))?;
        map.serialize_entry(TYPE, name)?;
        fields.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for PluginObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = PluginObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map with the `type` of a CNI plugin and its fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PluginObject, A::Error> {
                let (mut name, mut fields) = (None, BTreeMap::new());
                while let Some(key) = map.next_key::<String>()? {
                    if key == TYPE {
                        name = Some(map.next_value()?);
                    } else {
                        fields.insert(key, map.next_value()?);
                    }
                }
                let name = name.ok_or_else(|| A::Error::missing_field(TYPE))?;
                Ok(PluginObject { name, fields })
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl JsonSchema for PluginObject {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PluginObject".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<FreeValue>();
        json_schema!({
            "type": "object",
            "description": "A CNI plugin with fields of its own, which are handed on as they are.",
            "required": [TYPE],
            "properties": { TYPE: { "type": "string", "description": "The plugin.", "pattern": NAME_PATTERN } },
            "additionalProperties": value,
        })
    }
}
