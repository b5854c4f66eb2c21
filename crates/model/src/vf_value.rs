//! The values that VF attributes take, one variant for each shape.

use std::fmt;

use crate::json_value::JsonValue;
use crate::link_state::VfLinkState;
use crate::mac::MacAddress;
use crate::parse::ParseError;
use crate::rate::RateLimits;
use crate::toggle::Toggle;
use crate::units::Mbps;
use crate::vlan::VlanTag;

/// The shape of an attribute's value: how it is written, compared and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// An Ethernet address.
    Mac,
    /// Id, priority and protocol.
    Vlan,
    /// Guaranteed and highest rate in Mbit/s.
    Rate,
    /// On or off.
    Toggle,
    /// Auto, enable or disable.
    LinkState,
}

impl Shape {
    /// Returns a value as a spec would have it, to begin with.
    pub fn example(self) -> &'static str {
        match self {
            Self::Mac => "{first: \"02:00:00:00:00:01\"}",
            Self::Vlan => "100",
            Self::Rate => "{max: 1000}",
            Self::Toggle => "on",
            Self::LinkState => "auto",
        }
    }
}

/// A value of a VF attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VfValue {
    /// An Ethernet address.
    Mac(MacAddress),
    /// Id, priority and protocol.
    Vlan(VlanTag),
    /// Guaranteed and highest rate in Mbit/s.
    Rate(RateLimits),
    /// On or off.
    Toggle(Toggle),
    /// Auto, enable or disable.
    LinkState(VfLinkState),
}

impl VfValue {
    /// Returns the shape.
    pub fn shape(&self) -> Shape {
        match self {
            Self::Mac(_) => Shape::Mac,
            Self::Vlan(_) => Shape::Vlan,
            Self::Rate(_) => Shape::Rate,
            Self::Toggle(_) => Shape::Toggle,
            Self::LinkState(_) => Shape::LinkState,
        }
    }

    /// Reads the text that `Display` writes, given the shape.
    ///
    /// # Errors
    /// Says which shape was wanted.
    pub fn parse(shape: Shape, text: &str) -> Result<Self, ParseError> {
        Ok(match shape {
            Shape::Mac => Self::Mac(text.parse()?),
            Shape::Vlan => Self::Vlan(text.parse()?),
            Shape::Rate => Self::Rate(text.parse()?),
            Shape::Toggle => Self::Toggle(text.parse()?),
            Shape::LinkState => Self::LinkState(text.parse()?),
        })
    }

    /// Returns the value as programs read it.
    pub fn json(&self) -> JsonValue {
        let number = |number: u32| JsonValue::Number(number.into());
        match self {
            Self::Mac(mac) => JsonValue::Text(mac.to_string()),
            Self::Vlan(VlanTag { id, qos, protocol }) => JsonValue::of([
                ("id", number(id.get().into())),
                ("qos", number(qos.get().into())),
                ("protocol", JsonValue::Text(protocol.to_string())),
            ]),
            Self::Rate(RateLimits { min: Mbps(min), max: Mbps(max) }) => {
                JsonValue::of([("min", number(*min)), ("max", number(*max))])
            }
            Self::Toggle(toggle) => JsonValue::Flag(*toggle == Toggle::On),
            Self::LinkState(state) => JsonValue::Text(state.to_string()),
        }
    }

    /// Reads what `json` returns, given the shape, and the text that `Display` writes.
    ///
    /// # Errors
    /// Says what was wanted.
    pub fn from_json(shape: Shape, value: &JsonValue) -> Result<Self, ParseError> {
        let wrong = |wanted| ParseError::new(value.to_string(), wanted);
        Ok(match (shape, value) {
            (_, JsonValue::Text(text)) => return Self::parse(shape, text),
            (Shape::Vlan, JsonValue::Fields(_)) => Self::Vlan(VlanTag {
                id: value.number_in("id")?.try_into()?,
                qos: value.number_in("qos")?.try_into()?,
                protocol: value.text_in("protocol")?.parse()?,
            }),
            (Shape::Rate, JsonValue::Fields(_)) => {
                let rate = |field| {
                    let mbps = u32::try_from(value.number_in(field)?);
                    mbps.map(Mbps).map_err(|_| wrong("rate in Mbit/s"))
                };
                Self::Rate(RateLimits { min: rate("min")?, max: rate("max")? })
            }
            (Shape::Toggle, JsonValue::Flag(flag)) => Self::Toggle((*flag).into()),
            _ => return Err(wrong("value of the attribute's shape")),
        })
    }

    /// Returns what follows the attribute's word in `ip link set DEV vf N …`.
    pub fn ip_arguments(&self, word: &str) -> String {
        match self {
            Self::Mac(mac) => format!("{word} {mac}"),
            Self::Vlan(VlanTag { id, qos, protocol }) => {
                format!("{word} {} qos {} proto {protocol}", id.get(), qos.get())
            }
            Self::Rate(RateLimits { min, max }) => format!("max_tx_rate {} min_tx_rate {}", max.0, min.0),
            Self::Toggle(toggle) => format!("{word} {toggle}"),
            Self::LinkState(state) => format!("{word} {state}"),
        }
    }
}

impl fmt::Display for VfValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mac(mac) => mac.fmt(f),
            Self::Vlan(vlan) => vlan.fmt(f),
            Self::Rate(rate) => rate.fmt(f),
            Self::Toggle(toggle) => toggle.fmt(f),
            Self::LinkState(state) => state.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_programs_are_shown_them() {
        for (shape, text, json) in [
            (Shape::Mac, "02:00:00:00:00:01", r#""02:00:00:00:00:01""#),
            (Shape::Vlan, "100 qos 3 proto 802.1ad", r#"{"id":100,"protocol":"802.1ad","qos":3}"#),
            (Shape::Vlan, "none", r#"{"id":0,"protocol":"802.1Q","qos":0}"#),
            (Shape::Rate, "min 100 max 1000", r#"{"max":1000,"min":100}"#),
            (Shape::Toggle, "on", "true"),
            (Shape::LinkState, "auto", r#""auto""#),
        ] {
            let value = VfValue::parse(shape, text).expect(text);
            assert_eq!(serde_json::to_string(&value.json()).expect("JSON"), json);
            for written in [json.to_owned(), format!("\"{text}\"")] {
                let read: JsonValue = serde_json::from_str(&written).expect("JSON");
                assert_eq!(VfValue::from_json(shape, &read), Ok(value), "{written}");
            }
        }
        for (shape, json) in [
            (Shape::Vlan, r#"{"id":4095,"protocol":"802.1Q","qos":0}"#),
            (Shape::Vlan, r#"{"id":1}"#),
            (Shape::Rate, r#"{"min":1,"max":4294967296}"#),
            (Shape::Toggle, "1"),
            (Shape::Mac, "null"),
        ] {
            let read: JsonValue = serde_json::from_str(json).expect("JSON");
            assert!(VfValue::from_json(shape, &read).is_err(), "{json}");
        }
    }
}
