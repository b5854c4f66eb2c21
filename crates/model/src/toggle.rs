//! A switch with two positions.

use std::fmt;
use std::str::FromStr;

use crate::parse::ParseError;
use crate::text::text_serde;

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

text_serde!(Toggle, "Toggle", "on or off.");
