//! The VLAN that a PF's switch puts on a VF's frames: id, priority and protocol are one value.

use std::fmt;
use std::str::FromStr;

use crate::parse::ParseError;
use crate::text::text_serde;

/// A VLAN id, 0–4094; 0 means "no VLAN" to `ndo_set_vf_vlan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VlanId(u16);

impl VlanId {
    /// Returns the id as a number.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl From<VlanId> for u64 {
    fn from(id: VlanId) -> Self {
        id.0.into()
    }
}

impl TryFrom<u64> for VlanId {
    type Error = ParseError;

    fn try_from(id: u64) -> Result<Self, ParseError> {
        match u16::try_from(id) {
            Ok(id) if id <= 4094 => Ok(Self(id)),
            _ => {
                Err(ParseError::new(id.to_string(), "VLAN id from 0 to 4094 (IEEE 802.1Q; 4095 is reserved)"))
            }
        }
    }
}

/// A VLAN priority, 0–7 (IEEE 802.1Q PCP).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VlanQos(u8);

impl VlanQos {
    /// Returns the priority as a number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl From<VlanQos> for u64 {
    fn from(qos: VlanQos) -> Self {
        qos.0.into()
    }
}

impl TryFrom<u64> for VlanQos {
    type Error = ParseError;

    fn try_from(qos: u64) -> Result<Self, ParseError> {
        match u8::try_from(qos) {
            Ok(qos) if qos <= 7 => Ok(Self(qos)),
            _ => Err(ParseError::new(qos.to_string(), "VLAN priority from 0 to 7 (IEEE 802.1Q PCP)")),
        }
    }
}

/// The tag protocol of a VLAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum VlanProtocol {
    /// Customer tag, EtherType 0x8100.
    #[default]
    Dot1Q,
    /// Service tag, EtherType 0x88a8.
    Dot1Ad,
}

impl VlanProtocol {
    /// Returns the EtherType.
    pub fn ethertype(self) -> u16 {
        match self {
            Self::Dot1Q => 0x8100,
            Self::Dot1Ad => 0x88a8,
        }
    }
}

impl fmt::Display for VlanProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dot1Q => "802.1Q",
            Self::Dot1Ad => "802.1ad",
        })
    }
}

impl FromStr for VlanProtocol {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "802.1Q" => Ok(Self::Dot1Q),
            "802.1ad" => Ok(Self::Dot1Ad),
            _ => Err(ParseError::new(text, "VLAN protocol (`802.1Q` or `802.1ad`)")),
        }
    }
}

text_serde!(VlanProtocol, "VlanProtocol", "802.1Q or 802.1ad.");

/// Id, priority and protocol of a VF's VLAN (`IFLA_VF_VLAN_LIST`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VlanTag {
    /// The id; 0 with priority 0 is "no VLAN".
    pub id: VlanId,
    /// The priority.
    pub qos: VlanQos,
    /// The tag protocol; always 802.1Q where there is no VLAN.
    pub protocol: VlanProtocol,
}

impl VlanTag {
    /// No VLAN: the factory value.
    pub const NONE: Self = Self { id: VlanId(0), qos: VlanQos(0), protocol: VlanProtocol::Dot1Q };
}

/// Written `none`, `100`, `100 qos 3` or `100 qos 3 proto 802.1ad`.
impl fmt::Display for VlanTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.write_str("none");
        }
        let Self { id, qos, protocol } = self;
        write!(f, "{}", id.get())?;
        if qos.get() != 0 {
            write!(f, " qos {}", qos.get())?;
        }
        match protocol {
            VlanProtocol::Dot1Q => Ok(()),
            VlanProtocol::Dot1Ad => write!(f, " proto {protocol}"),
        }
    }
}

impl FromStr for VlanTag {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wanted = || ParseError::new(text, "VLAN such as `100 qos 3 proto 802.1Q`");
        if text == "none" {
            return Ok(Self::NONE);
        }
        let mut words = text.split(' ');
        let number = |word: Option<&str>| word.and_then(|w| w.parse::<u64>().ok()).ok_or_else(wanted);
        let mut tag = Self { id: number(words.next())?.try_into()?, ..Self::NONE };
        while let Some(word) = words.next() {
            match word {
                "qos" => tag.qos = number(words.next())?.try_into()?,
                "proto" => tag.protocol = words.next().ok_or_else(wanted)?.parse()?,
                _ => return Err(wanted()),
            }
        }
        Ok(tag)
    }
}

text_serde!(VlanTag, "VlanTag", "none, or a VLAN such as `100 qos 3 proto 802.1ad`.");
