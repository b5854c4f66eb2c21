//! Numbers of devlink that have words, which are those that `devlink` of iproute2 prints.

use vfctl_model::{EswitchEncapMode, EswitchInlineMode, EswitchMode};

/// Makes an enum of numbers with words; a number that has none yet keeps its value.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident($number:ty), $what:literal { $($variant:ident = $value:literal $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($variant,)* Other($number) }

        impl From<$number> for $name {
            fn from(number: $number) -> Self {
                match number { $($value => Self::$variant,)* other => Self::Other(other) }
            }
        }

        impl From<$name> for $number {
            fn from(word: $name) -> Self {
                match word { $($name::$variant => $value,)* $name::Other(other) => other }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$variant => f.write_str($word),)*
                    Self::Other(other) => write!(f, concat!($what, " {}"), other),
                }
            }
        }
    )*};
}

words! {
    /// How the embedded switch works (`enum devlink_eswitch_mode`).
    SwitchMode(u16), "mode" { Legacy = 0 "legacy", Switchdev = 1 "switchdev" }

    /// Up to which header VFs must put a packet into its descriptor (`enum devlink_eswitch_inline_mode`).
    SwitchInlineMode(u8), "inline mode" { None = 0 "none", Link = 1 "link", Network = 2 "network", Transport = 3 "transport" }

    /// Whether the switch wraps packets into tunnels (`enum devlink_eswitch_encap_mode`).
    SwitchEncapMode(u8), "encap mode" { None = 0 "none", Basic = 1 "basic" }

    /// What a port is (`enum devlink_port_flavour`).
    PortFlavour(u16), "flavour" {
        Physical = 0 "physical",
        Cpu = 1 "cpu",
        Dsa = 2 "dsa",
        PciPf = 3 "pcipf",
        PciVf = 4 "pcivf",
        Virtual = 5 "virtual",
        Unused = 6 "unused",
        PciSf = 7 "pcisf",
    }
}

impl From<EswitchMode> for SwitchMode {
    fn from(mode: EswitchMode) -> Self {
        match mode {
            EswitchMode::Legacy => Self::Legacy,
            EswitchMode::Switchdev => Self::Switchdev,
        }
    }
}

impl From<EswitchInlineMode> for SwitchInlineMode {
    fn from(mode: EswitchInlineMode) -> Self {
        match mode {
            EswitchInlineMode::None => Self::None,
            EswitchInlineMode::Link => Self::Link,
            EswitchInlineMode::Network => Self::Network,
            EswitchInlineMode::Transport => Self::Transport,
        }
    }
}

impl From<EswitchEncapMode> for SwitchEncapMode {
    fn from(mode: EswitchEncapMode) -> Self {
        match mode {
            EswitchEncapMode::None => Self::None,
            EswitchEncapMode::Basic => Self::Basic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_documents() {
        for mode in [EswitchMode::Legacy, EswitchMode::Switchdev] {
            assert_eq!(SwitchMode::from(mode).to_string(), mode.to_string());
        }
        use EswitchInlineMode::{Link, Network, None, Transport};
        for mode in [None, Link, Network, Transport] {
            assert_eq!(SwitchInlineMode::from(mode).to_string(), mode.to_string());
        }
        for mode in [EswitchEncapMode::None, EswitchEncapMode::Basic] {
            assert_eq!(SwitchEncapMode::from(mode).to_string(), mode.to_string());
        }
    }
}
