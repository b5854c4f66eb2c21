//! Facts that are kept by the row of their property, so that a new one needs no field of its own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::Reading;

use crate::claim_value::{ClaimShape, ClaimValue};
use crate::found::Found;
use crate::property::Property;

/// How a reading begins whose value could not be had.
const UNREADABLE: &str = "unreadable: ";

/// What was read of a PF's properties that are kept by row; what the PF does not have is not in the map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PropertyMap(BTreeMap<Property, Result<ClaimValue, String>>);

impl PropertyMap {
    /// Returns what was read.
    pub(crate) fn read(&self, property: Property) -> Found {
        match self.0.get(&property) {
            None => Reading::Known(None),
            Some(Ok(value)) => Reading::Known(Some(value.clone())),
            Some(Err(why)) => Reading::Unreadable(why.clone()),
        }
    }

    /// Returns the value; `None` where there is none or it could not be read.
    pub fn value(&self, property: Property) -> Option<&ClaimValue> {
        self.0.get(&property)?.as_ref().ok()
    }

    /// Returns the name that the property has; `None` where it has none or it could not be read.
    pub fn name(&self, property: Property) -> Option<&str> {
        match self.value(property)? {
            ClaimValue::Name(name) => Some(name),
            ClaimValue::Flag(_) | ClaimValue::Number(_) | ClaimValue::Vf(_) | ClaimValue::Content(_) => None,
        }
    }

    /// Returns the flag that the property is; `None` where it has none or it could not be read.
    pub fn flag(&self, property: Property) -> Option<bool> {
        match self.value(property)? {
            ClaimValue::Flag(flag) => Some(*flag),
            ClaimValue::Name(_) | ClaimValue::Number(_) | ClaimValue::Vf(_) | ClaimValue::Content(_) => None,
        }
    }

    /// Notes a value.
    pub fn note(&mut self, property: Property, value: ClaimValue) {
        self.0.insert(property, Ok(value));
    }

    /// Notes why a property could not be read: then nobody knows, rather than there being none.
    pub fn note_unread(&mut self, property: Property, why: String) {
        self.0.insert(property, Err(why));
    }

    /// Returns whether nothing was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for PropertyMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(property, reading)| {
            let text = match reading {
                Ok(value) => property.kept_shape().unwrap_or(ClaimShape::Name).show(value),
                Err(why) => format!("{UNREADABLE}{why}"),
            };
            (property, text)
        }))
    }
}

impl<'de> Deserialize<'de> for PropertyMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;
        impl<'de> Visitor<'de> for Rows {
            type Value = PropertyMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of properties of a PF")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PropertyMap, A::Error> {
                let mut readings = PropertyMap::default();
                while let Some((property, text)) = map.next_entry::<Property, String>()? {
                    let Some(shape) = property.kept_shape() else {
                        return Err(A::Error::custom(format!("{property} is no property that is kept here")));
                    };
                    if readings.0.contains_key(&property) {
                        return Err(A::Error::custom(format!("{property} is there twice")));
                    }
                    if shape == ClaimShape::Name && text.is_empty() {
                        return Err(A::Error::custom(format!("{property} is an empty name")));
                    }
                    match text.strip_prefix(UNREADABLE) {
                        Some(why) => readings.note_unread(property, why.to_owned()),
                        None => readings.note(property, shape.parse(&text).map_err(A::Error::custom)?),
                    }
                }
                Ok(readings)
            }
        }
        deserializer.deserialize_map(Rows)
    }
}

impl JsonSchema for PropertyMap {
    fn schema_name() -> Cow<'static, str> {
        "PropertyMap".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let kept = Property::PLAIN.iter().filter(|property| property.kept_shape().is_some());
        let properties: serde_json::Map<String, serde_json::Value> = kept
            .map(|property| {
                let schema = serde_json::json!({ "type": "string", "description": property.row().doc });
                (property.word().to_owned(), schema)
            })
            .collect();
        json_schema!({ "type": "object", "additionalProperties": false, "properties": properties })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_round_trip_and_one_that_failed_is_not_an_absent_one() {
        let mut map = PropertyMap::default();
        assert_eq!(map.read(Property::EswitchMode), Reading::Known(None));
        for (text, found) in [
            (
                r#"{"eswitchMode":"switchdev"}"#,
                Reading::Known(Some(ClaimValue::Name("switchdev".to_owned()))),
            ),
            (r#"{"eswitchMode":"unreadable: EPERM"}"#, Reading::Unreadable("EPERM".to_owned())),
        ] {
            map = serde_json::from_str(text).expect("a map");
            assert_eq!(map.read(Property::EswitchMode), found);
            assert_eq!(serde_json::to_string(&map).expect("JSON"), text);
        }
        assert!(serde_json::from_str::<PropertyMap>(r#"{"mtu":"1500"}"#).is_err());
    }

    #[test]
    fn a_property_that_is_there_twice_or_has_an_empty_name_is_refused() {
        for (text, why) in [
            (r#"{"eswitchMode":"legacy","eswitchMode":"switchdev"}"#, "eswitchMode is there twice"),
            (r#"{"eswitchMode":""}"#, "eswitchMode is an empty name"),
        ] {
            let error = serde_json::from_str::<PropertyMap>(text).expect_err(text).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
