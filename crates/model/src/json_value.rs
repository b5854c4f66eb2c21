//! Values as programs read them: numbers, switches and objects instead of texts that would have to be taken apart.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::parse::ParseError;

/// A value of any property, as documents have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonValue {
    /// There is no such thing, such as no driver.
    Null,
    /// A switch.
    Flag(bool),
    /// A number.
    Number(u64),
    /// A name or an address.
    Text(String),
    /// A value of several parts, such as a VLAN.
    Fields(BTreeMap<String, JsonValue>),
}

impl JsonValue {
    /// Returns a value of several parts.
    pub fn of<const N: usize>(fields: [(&str, Self); N]) -> Self {
        Self::Fields(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Returns the number in a field.
    pub(crate) fn number_in(&self, field: &'static str) -> Result<u64, ParseError> {
        match self.field(field) {
            Some(Self::Number(number)) => Ok(*number),
            _ => Err(ParseError::new(self.to_string(), field)),
        }
    }

    /// Returns the text in a field.
    pub(crate) fn text_in(&self, field: &'static str) -> Result<&str, ParseError> {
        match self.field(field) {
            Some(Self::Text(text)) => Ok(text),
            _ => Err(ParseError::new(self.to_string(), field)),
        }
    }

    fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Fields(fields) => fields.get(name),
            Self::Null | Self::Flag(_) | Self::Number(_) | Self::Text(_) => None,
        }
    }
}

/// Writes the value for people, who look at it in a message.
impl fmt::Display for JsonValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Fields(fields) => f.debug_map().entries(fields).finish(),
        }
    }
}

impl Serialize for JsonValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Fields(fields) => serializer.collect_map(fields),
        }
    }
}

impl<'de> Deserialize<'de> for JsonValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = JsonValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value: null, a switch, a number, a text or an object of these")
            }

            fn visit_unit<E: Error>(self) -> Result<JsonValue, E> {
                Ok(JsonValue::Null)
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<JsonValue, E> {
                Ok(JsonValue::Flag(flag))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<JsonValue, E> {
                Ok(JsonValue::Number(number))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<JsonValue, E> {
                Ok(JsonValue::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonValue, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry()? {
                    fields.insert(name, value);
                }
                Ok(JsonValue::Fields(fields))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl schemars::JsonSchema for JsonValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A value by its property: a boolean for a switch, a number for a count or an MTU, a text for a \
                            name or an address, `{id, qos, protocol}` for a VLAN, `{min, max}` in Mbit/s for a rate; null \
                            where there is no such thing, such as no driver.",
            "type": ["null", "boolean", "integer", "string", "object"],
            "additionalProperties": { "type": ["integer", "string"] },
        })
    }
}
