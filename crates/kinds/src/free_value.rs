//! A value that vfctl hands on without a meaning of its own, such as a field of a CNI plugin that it does not know.
//!
//! Numbers, switches, texts, lists and maps stay what they are. `null` is no value: an absent field says the same.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};

/// The name under which a free value asks to be read by what is written, since it has no type that would say what it wants:
/// a reader of YAML tells `1` from `"1"` by the quotes.
pub const FREE_VALUE: &str = "vfctl::FreeValue";

/// A number, a switch, a text, or a list or map of these, as JSON has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FreeValue(Value);

impl FreeValue {
    /// Returns the value as JSON.
    pub fn json(&self) -> &Value {
        &self.0
    }
}

impl<'de> Deserialize<'de> for FreeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = FreeValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a switch, a text, a list or a map")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<FreeValue, D::Error> {
                inner.deserialize_any(self)
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<FreeValue, E> {
                Ok(FreeValue(flag.into()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<FreeValue, E> {
                Ok(FreeValue(number.into()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<FreeValue, E> {
                Ok(FreeValue(number.into()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<FreeValue, E> {
                let finite = Number::from_f64(number).map(|number| FreeValue(number.into()));
                finite.ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<FreeValue, E> {
                Ok(FreeValue(text.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<FreeValue, A::Error> {
                let mut list = Vec::new();
                while let Some(FreeValue(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(FreeValue(list.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<FreeValue, A::Error> {
                let mut map = Map::new();
                while let Some((key, FreeValue(value))) = entries.next_entry()? {
                    map.insert(key, value);
                }
                Ok(FreeValue(map.into()))
            }
        }
        deserializer.deserialize_newtype_struct(FREE_VALUE, Any)
    }
}

impl JsonSchema for FreeValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FreeValue".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inner = generator.subschema_for::<Self>();
        json_schema!({
            "description": "A value that vfctl hands on as it is.",
            "anyOf": [
                { "type": "boolean" },
                { "type": "number" },
                { "type": "string" },
                { "type": "array", "items": inner },
                { "type": "object", "additionalProperties": inner },
            ],
        })
    }
}
