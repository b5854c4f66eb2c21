//! The transmit rates of a VF: lowest and highest are one value, since the kernel takes both in one message.

use std::fmt;
use std::str::FromStr;

use crate::parse::ParseError;
use crate::text::text_serde;
use crate::units::Mbps;

/// Guaranteed and highest transmit rate of a VF in Mbit/s (`IFLA_VF_RATE`); 0 means "no limit".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RateLimits {
    /// The guaranteed rate; 0 guarantees nothing.
    pub min: Mbps,
    /// The highest rate; 0 is unlimited.
    pub max: Mbps,
}

impl RateLimits {
    /// Neither guaranteed nor limited: the factory value.
    pub const NONE: Self = Self { min: Mbps(0), max: Mbps(0) };
}

/// Written `unlimited`, `max 1000`, `min 100` or `min 100 max 1000`.
impl fmt::Display for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { min: Mbps(min), max: Mbps(max) } = self;
        match (min, max) {
            (0, 0) => f.write_str("unlimited"),
            (0, max) => write!(f, "max {max}"),
            (min, 0) => write!(f, "min {min}"),
            (min, max) => write!(f, "min {min} max {max}"),
        }
    }
}

impl FromStr for RateLimits {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wanted = || ParseError::new(text, "rate such as `min 100 max 1000`, in Mbit/s");
        if text == "unlimited" {
            return Ok(Self::NONE);
        }
        let mut limits = Self::NONE;
        let mut words = text.split(' ');
        while let Some(word) = words.next() {
            let rate = words.next().and_then(|w| w.parse().ok()).map(Mbps).ok_or_else(wanted)?;
            match word {
                "min" => limits.min = rate,
                "max" => limits.max = rate,
                _ => return Err(wanted()),
            }
        }
        Ok(limits)
    }
}

text_serde!(RateLimits, "RateLimits", "unlimited, or rates in Mbit/s such as `min 100 max 1000`.");
