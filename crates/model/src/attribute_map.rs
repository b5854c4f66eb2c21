//! Values by attribute, and one attribute with its value, both read with the attribute's own shape.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::attribute::VfAttribute;
use crate::by_attribute::ByAttribute;
use crate::json_value::JsonValue;
use crate::reading::RawReading;
use crate::vf_value::VfValue;
use crate::vlan::VlanTag;

/// Raw readings by attribute; an attribute that the message did not have is not in the map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeMap(pub ByAttribute<RawReading>);

impl Serialize for AttributeMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(attribute, raw)| (attribute.key(), raw.to_string())))
    }
}

impl<'de> Deserialize<'de> for AttributeMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;
        impl<'de> Visitor<'de> for Rows {
            type Value = AttributeMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of VF attributes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AttributeMap, A::Error> {
                let mut readings = ByAttribute::default();
                while let Some((attribute, text)) = map.next_entry::<VfAttribute, String>()? {
                    let raw = match text.strip_prefix("unreadable: ") {
                        Some(why) => RawReading::Unreadable(why.to_owned()),
                        None if text == "not reported" => RawReading::NotReported,
                        // What some drivers show where there is none.
                        None if attribute == VfAttribute::Vlan && text == "4095" => {
                            RawReading::Value(VfValue::Vlan(VlanTag::NONE))
                        }
                        None => {
                            let value = VfValue::parse(attribute.row().shape, &text);
                            RawReading::Value(value.map_err(A::Error::custom)?)
                        }
                    };
                    readings.insert(attribute, raw);
                }
                Ok(AttributeMap(readings))
            }
        }
        deserializer.deserialize_map(Rows)
    }
}

impl schemars::JsonSchema for AttributeMap {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AttributeMap".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let properties: serde_json::Map<String, serde_json::Value> = VfAttribute::ALL
            .iter()
            .map(|attribute| {
                let schema = serde_json::json!({ "type": "string", "description": attribute.row().doc });
                (attribute.key().to_owned(), schema)
            })
            .collect();
        schemars::json_schema!({ "type": "object", "additionalProperties": false, "properties": properties })
    }
}

/// An attribute and the value to give it; in documents `{"attribute": "trust", "value": true}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributeValue {
    attribute: VfAttribute,
    value: VfValue,
}

impl AttributeValue {
    /// Returns the setting, or `None` where the value is not of the attribute's shape.
    pub fn new(attribute: VfAttribute, value: VfValue) -> Option<Self> {
        (attribute.row().shape == value.shape()).then_some(Self { attribute, value })
    }

    /// Returns the setting that gives the attribute its factory value.
    pub fn factory(attribute: VfAttribute) -> Self {
        Self { attribute, value: attribute.factory() }
    }

    /// Returns the attribute.
    pub fn attribute(&self) -> VfAttribute {
        self.attribute
    }

    /// Returns the value.
    pub fn value(&self) -> VfValue {
        self.value
    }

    /// Returns what follows `vf N` in `ip link set`.
    pub fn ip_arguments(&self) -> String {
        self.value.ip_arguments(self.attribute.row().ip_word)
    }
}

/// The setting as documents have it.
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct SettingText {
    attribute: VfAttribute,
    value: JsonValue,
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SettingText { attribute: self.attribute, value: self.value.json() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AttributeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let SettingText { attribute, value } = SettingText::deserialize(deserializer)?;
        let value = VfValue::from_json(attribute.row().shape, &value).map_err(D::Error::custom)?;
        Ok(Self { attribute, value })
    }
}

impl schemars::JsonSchema for AttributeValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AttributeValue".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        SettingText::json_schema(generator)
    }
}
