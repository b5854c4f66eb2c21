//! The values that VF attributes take, one variant for each shape.

use std::fmt;

use crate::link_state::VfLinkState;
use crate::mac::MacAddress;
use crate::parse::ParseError;
use crate::rate::RateLimits;
use crate::toggle::Toggle;
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
