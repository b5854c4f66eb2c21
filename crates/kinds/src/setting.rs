//! Values in a spec that several kinds share: a number or the word `default`, and a switch in either spelling.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use vfctl_model::{Mtu, ParseError, Toggle};

/// What a spec says of a thing that has a factory value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting<T> {
    /// `default`: the factory value.
    Default,
    /// This value.
    Value(T),
}

/// A number that may be written where `default` may stand, too.
pub trait NumberSetting: TryFrom<u32, Error = ParseError> {
    /// What is wanted, with its range; `… or default` is said by who asks.
    const WANTED: &'static str;

    /// The lowest and the highest number.
    const RANGE: (u32, u32);
}

impl NumberSetting for Mtu {
    const WANTED: &'static str = "an MTU from 68 to 65535 bytes";
    const RANGE: (u32, u32) = (68, 65535);
}

/// The word that asks for the factory value.
pub(crate) const DEFAULT: &str = "default";

impl<'de, T: NumberSetting> Deserialize<'de> for Setting<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number<T>(PhantomData<T>);
        impl<T: NumberSetting> Visitor<'_> for Number<T> {
            type Value = Setting<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}, or `{DEFAULT}`", T::WANTED)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Setting<T>, E> {
                match text {
                    DEFAULT => Ok(Setting::Default),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Setting<T>, E> {
                let narrow = u32::try_from(number).ok().and_then(|n| T::try_from(n).ok());
                narrow
                    .map(Setting::Value)
                    .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
        }
        deserializer.deserialize_any(Number(PhantomData))
    }
}

impl<T: NumberSetting> JsonSchema for Setting<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NumberOrDefault".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let (minimum, maximum) = T::RANGE;
        let number = json_schema!({ "type": "integer", "minimum": minimum, "maximum": maximum });
        json_schema!({ "anyOf": [number, { "const": DEFAULT }] })
    }
}

/// The spellings of a switch: YAML 1.1 tools rewrite `on` as `true` and `off` as `false`.
pub(crate) const TOGGLES: &[&str] = &["on", "off", "true", "false"];

/// Returns the switch that is written so, or `None`.
pub(crate) fn parse_toggle(text: &str) -> Option<Toggle> {
    match text {
        "on" | "true" => Some(Toggle::On),
        "off" | "false" => Some(Toggle::Off),
        _ => None,
    }
}

/// Returns the schema of a switch, with these further words.
pub(crate) fn toggle_schema(words: &[&str]) -> Schema {
    let texts: Vec<&str> = TOGGLES.iter().chain(words).copied().collect();
    json_schema!({ "enum": texts.into_iter().map(serde_json::Value::from).chain([true.into(), false.into()]).collect::<Vec<serde_json::Value>>() })
}

/// A switch in either spelling, for fields that derive their serde.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch(pub Toggle);

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;
        impl Visitor<'_> for Word {
            type Value = Switch;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`on` or `off`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Switch, E> {
                parse_toggle(text).map(Switch).ok_or_else(|| E::unknown_variant(text, TOGGLES))
            }

            fn visit_bool<E: de::Error>(self, on: bool) -> Result<Switch, E> {
                Ok(Switch(on.into()))
            }
        }
        deserializer.deserialize_any(Word)
    }
}

impl JsonSchema for Switch {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Switch".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        toggle_schema(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_the_schema_is_that_of_the_type() {
        let (lowest, highest) = Mtu::RANGE;
        for (bytes, is_mtu) in [(lowest - 1, false), (lowest, true), (highest, true), (highest + 1, false)] {
            assert_eq!(Mtu::try_from(bytes).is_ok(), is_mtu, "{bytes}");
        }
    }
}
