//! A switch with two positions.

use std::fmt;
use std::str::FromStr;

use crate::parse::ParseError;

/// `on` or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Toggle {
    /// Switched on.
    On,
    /// Switched off.
    Off,
}

impl fmt::Display for Toggle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::On => "on",
            Self::Off => "off",
        })
    }
}

impl FromStr for Toggle {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err(ParseError::new(text, "switch (`on` or `off`)")),
        }
    }
}

impl From<bool> for Toggle {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

impl From<Toggle> for bool {
    fn from(toggle: Toggle) -> Self {
        toggle == Toggle::On
    }
}

/// Both spellings of both positions.
const SPELLINGS: &[&str] = &["on", "off", "true", "false"];

impl Toggle {
    /// Returns the switch that is written so, or `None`: YAML 1.1 tools rewrite `on` as `true` and `off` as `false`.
    pub fn from_spelling(text: &str) -> Option<Self> {
        match text {
            "on" | "true" => Some(Self::On),
            "off" | "false" => Some(Self::Off),
            _ => None,
        }
    }

    /// Returns the schema of a switch in a spec, where these further words may stand, too.
    pub fn schema_with(words: &[&str]) -> schemars::Schema {
        let texts = SPELLINGS.iter().chain(words).copied().map(serde_json::Value::from);
        let choices: Vec<serde_json::Value> = texts.chain([true.into(), false.into()]).collect();
        schemars::json_schema!({ "enum": choices })
    }
}

impl serde::Serialize for Toggle {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::On => serializer.serialize_unit_variant("Toggle", 0, "on"),
            Self::Off => serializer.serialize_unit_variant("Toggle", 1, "off"),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Toggle {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;
        impl serde::de::Visitor<'_> for Word {
            type Value = Toggle;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`on` or `off`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Toggle, E> {
                Toggle::from_spelling(text).ok_or_else(|| E::unknown_variant(text, SPELLINGS))
            }

            fn visit_bool<E: serde::de::Error>(self, on: bool) -> Result<Toggle, E> {
                Ok(on.into())
            }
        }
        deserializer.deserialize_any(Word)
    }
}

impl schemars::JsonSchema for Toggle {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Toggle".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Self::schema_with(&[])
    }
}
