//! The YAML of a count of VFs.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many VFs a PF should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountSpec {
    /// This many.
    Number(u16),
    /// As many as are wanted, or fewer where the device offers fewer.
    Bounded {
        /// How many are wanted.
        want: u16,
        /// What bounds them.
        at_most: AtMost,
    },
}

/// What bounds a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AtMost {
    /// What the device offers (`sriov_totalvfs`).
    Total,
}

impl CountSpec {
    /// Returns how many VFs there can be at most.
    pub(crate) fn most(self) -> u16 {
        match self {
            Self::Number(count) => count,
            Self::Bounded { want, at_most: AtMost::Total } => want,
        }
    }
}

impl Serialize for CountSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u16(*number),
            Self::Bounded { want, at_most } => {
                BoundedMap { want: *want, at_most: *at_most }.serialize(serializer)
            }
        }
    }
}

/// The highest count: the register NumVFs is 16 bits wide (SR-IOV 1.1, 3.3.7).
const COUNT_MAX: u16 = 65535;

/// A bounded count as documents have it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct BoundedMap {
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
                let BoundedMap { want, at_most } = BoundedMap::deserialize(MapAccessDeserializer::new(map))?;
                Ok(CountSpec::Bounded { want, at_most })
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
        let bounded = generator.subschema_for::<BoundedMap>();
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 0, "maximum": COUNT_MAX }, bounded] })
    }
}
