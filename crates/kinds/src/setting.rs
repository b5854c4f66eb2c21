//! A value in a spec where the word `default` may stand, too.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_model::{Mtu, ParseError};

/// What a spec says of a thing that has a factory value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting<T> {
    /// `default`: the factory value.
    Default,
    /// This value.
    Value(T),
}

/// A number that may be written where `default` may stand, too.
pub trait NumberSetting: TryFrom<u32, Error = ParseError> + Copy {
    /// What is wanted, with its range; `… or default` is said by who asks.
    const WANTED: &'static str;

    /// The lowest and the highest number.
    const RANGE: (u32, u32);

    /// Returns the number.
    fn number(self) -> u32;
}

impl NumberSetting for Mtu {
    const WANTED: &'static str = "an MTU from 68 to 65535 bytes";
    const RANGE: (u32, u32) = (68, 65535);

    fn number(self) -> u32 {
        self.get()
    }
}

impl Setting<Mtu> {
    /// Returns the MTU that is meant: `default` is that of Ethernet.
    pub(crate) fn resolved(self) -> Mtu {
        match self {
            Self::Value(mtu) => mtu,
            Self::Default => Mtu::ETHERNET,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str(DEFAULT),
            Self::Value(value) => value.fmt(f),
        }
    }
}

impl<T: NumberSetting> Serialize for Setting<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Default => serializer.serialize_str(DEFAULT),
            Self::Value(value) => serializer.serialize_u32(value.number()),
        }
    }
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
