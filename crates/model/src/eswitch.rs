//! The mode of a PF's embedded switch.

use std::fmt;
use std::str::FromStr;

use crate::attribute::VfAttribute;
use crate::parse::ParseError;
use crate::text::text_serde;

/// How a PF's embedded switch works (`enum devlink_eswitch_mode`, include/uapi/linux/devlink.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EswitchMode {
    /// The PF's driver steers frames by the MAC addresses and VLANs of VFs.
    Legacy,
    /// Each VF has a representor, and whoever holds the representors steers frames.
    Switchdev,
}

impl fmt::Display for EswitchMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Legacy => "legacy",
            Self::Switchdev => "switchdev",
        })
    }
}

impl FromStr for EswitchMode {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "legacy" => Ok(Self::Legacy),
            "switchdev" => Ok(Self::Switchdev),
            _ => Err(ParseError::new(text, "eswitch mode (`legacy` or `switchdev`)")),
        }
    }
}

text_serde!(EswitchMode, "EswitchMode", "legacy or switchdev.");

/// What is known of a driver's embedded switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EswitchRow {
    /// Whether the mode can change while there are VFs, and they keep what is set on them.
    pub changes_with_vfs: bool,
    /// Whether a change takes the PF's link down for a moment.
    pub change_flaps_link: bool,
    /// Whether the switch is in legacy mode again once there are no VFs.
    pub is_legacy_without_vfs: bool,
    /// VF attributes that are refused in switchdev mode, or taken and not kept.
    pub switchdev_lacks: &'static [VfAttribute],
    /// Those of them that read as before all the same, so that a reading proves nothing.
    pub switchdev_hides: &'static [VfAttribute],
}

impl EswitchRow {
    /// The row of drivers of which nothing is known: they change the mode without VFs alone.
    pub const UNKNOWN: Self = Self {
        changes_with_vfs: false,
        change_flaps_link: true,
        is_legacy_without_vfs: false,
        switchdev_lacks: &[],
        switchdev_hides: &[],
    };
}
