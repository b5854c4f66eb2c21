//! What a PF tells a VF about the link.

use std::fmt;
use std::str::FromStr;

use crate::parse::ParseError;
use crate::text::text_serde;

/// The link state that a VF sees (`IFLA_VF_LINK_STATE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VfLinkState {
    /// The PF's own.
    Auto,
    /// Always up.
    Enable,
    /// Always down.
    Disable,
}

impl fmt::Display for VfLinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Auto => "auto",
            Self::Enable => "enable",
            Self::Disable => "disable",
        })
    }
}

impl FromStr for VfLinkState {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "auto" => Ok(Self::Auto),
            "enable" => Ok(Self::Enable),
            "disable" => Ok(Self::Disable),
            _ => Err(ParseError::new(text, "link state (`auto`, `enable` or `disable`)")),
        }
    }
}

text_serde!(VfLinkState, "VfLinkState", "auto, enable or disable.");
