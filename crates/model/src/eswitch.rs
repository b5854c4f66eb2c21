//! What can be set on a PF's embedded switch.

use std::fmt;
use std::str::FromStr;

use crate::attribute::VfAttribute;
use crate::parse::ParseError;
use crate::text::text_serde;

/// Makes an enum of words that devlink of iproute2 has, too.
macro_rules! words {
    ($(
        $(#[$doc:meta])*
        $name:ident $what:literal { $($(#[$word_doc:meta])* $variant:ident $word:literal),* $(,)? }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$word_doc])* $variant,)*
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$variant => $word,)* })
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(ParseError::new(text, $what)),
                }
            }
        }

        text_serde!($name, stringify!($name), $what, "enum": [$($word),*]);
    )*};
}

words! {
    /// How a PF's embedded switch works (`enum devlink_eswitch_mode`, include/uapi/linux/devlink.h).
    EswitchMode "eswitch mode (`legacy` or `switchdev`)" {
        /// The PF's driver steers frames by the MAC addresses and VLANs of VFs.
        Legacy "legacy",
        /// Each VF has a representor, and whoever holds the representors steers frames.
        Switchdev "switchdev",
    }

    /// Up to which header VFs must put a frame into its descriptor (`enum devlink_eswitch_inline_mode`).
    EswitchInlineMode "inline mode (`none`, `link`, `network` or `transport`)" {
        /// No header.
        None "none",
        /// The Ethernet header.
        Link "link",
        /// That and the IP header.
        Network "network",
        /// Those and the TCP or UDP header.
        Transport "transport",
    }

    /// Whether the switch wraps frames into tunnels (`enum devlink_eswitch_encap_mode`).
    EswitchEncapMode "encap mode (`none` or `basic`)" {
        /// It does not.
        None "none",
        /// It does.
        Basic "basic",
    }
}

/// One thing that is set on an embedded switch; in documents `{"mode": "switchdev"}`. One at a time, so that a refusal
/// says which was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EswitchSetting {
    /// How it works.
    Mode(EswitchMode),
    /// Which headers VFs put into descriptors.
    InlineMode(EswitchInlineMode),
    /// Whether it wraps frames.
    EncapMode(EswitchEncapMode),
}

impl EswitchSetting {
    /// Returns its value in devlink's words.
    pub fn value(self) -> String {
        match self {
            Self::Mode(mode) => mode.to_string(),
            Self::InlineMode(mode) => mode.to_string(),
            Self::EncapMode(mode) => mode.to_string(),
        }
    }

    /// Returns devlink's word for what is set.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mode(_) => "mode",
            Self::InlineMode(_) => "inline-mode",
            Self::EncapMode(_) => "encap-mode",
        }
    }

    /// Returns the setting that these two words are, as `devlink dev eswitch set` has them.
    ///
    /// # Errors
    /// Where they are none.
    pub fn from_words(word: &str, value: &str) -> Result<Self, ParseError> {
        match word {
            "mode" => value.parse().map(Self::Mode),
            "inline-mode" => value.parse().map(Self::InlineMode),
            "encap-mode" => value.parse().map(Self::EncapMode),
            _ => Err(ParseError::new(word, "setting of an embedded switch")),
        }
    }
}

/// Writes the words that follow `devlink dev eswitch set DEVICE`.
impl fmt::Display for EswitchSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.word(), self.value())
    }
}

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
