//! How many devices an entry means, and what to do about what their drivers lack.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::PfSpec;

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

impl PfSpec {
    /// Returns why the entry may mean several PFs of a host; `None` where it means one.
    pub(crate) fn may_match_several(&self) -> Option<String> {
        match self.expect {
            ExpectSpec::One | ExpectSpec::Number(0 | 1) => None,
            ExpectSpec::All => Some("`expect: all` may mean several PFs".to_owned()),
            ExpectSpec::Number(count) => Some(format!("`{}` means {count} PFs", self.name)),
        }
    }
}

impl Serialize for ExpectSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One => serializer.serialize_str("one"),
            Self::All => serializer.serialize_str("all"),
            Self::Number(number) => serializer.serialize_u16(*number),
        }
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
