//! Numbers with a unit.

use std::fmt;

use crate::parse::ParseError;

/// A rate in Mbit/s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mbps(pub u32);

impl fmt::Display for Mbps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(rate) = self;
        write!(f, "{rate} Mbit/s")
    }
}

/// A maximum transmission unit in bytes, 68–65535 (`ETH_MIN_MTU`, `ETH_MAX_MTU`).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(try_from = "u32", into = "u32")]
pub struct Mtu(#[schemars(range(min = 68, max = 65535))] u32);

impl Mtu {
    /// The default of Ethernet (IEEE 802.3; `ETH_DATA_LEN`, include/uapi/linux/if_ether.h).
    pub const ETHERNET: Self = Self(1500);

    /// Returns the size in bytes.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Mtu {
    type Error = ParseError;

    fn try_from(bytes: u32) -> Result<Self, ParseError> {
        if (68..=65535).contains(&bytes) {
            Ok(Self(bytes))
        } else {
            Err(ParseError::new(bytes.to_string(), "MTU from 68 to 65535 bytes"))
        }
    }
}

impl From<Mtu> for u32 {
    fn from(mtu: Mtu) -> Self {
        mtu.0
    }
}

impl fmt::Display for Mtu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bytes) = self;
        write!(f, "{bytes}")
    }
}
