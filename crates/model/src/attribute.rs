//! The table of VF attributes: one row for each thing that a PF can set on a VF by netlink.
//!
//! Spec, schema, diff, plan text, claims, generators and the simulator's storage walk this table; only the
//! netlink encoder knows an attribute by name. The VF netdev's MTU and the driver are no attributes: they
//! belong to the VF's own device, not to its PF.

use std::fmt;
use std::str::FromStr;

use crate::link_state::VfLinkState;
use crate::mac::MacAddress;
use crate::parse::ParseError;
use crate::rate::RateLimits;
use crate::text::text_serde;
use crate::toggle::Toggle;
use crate::vf_value::{Shape, VfValue};
use crate::vlan::VlanTag;

/// Whether a read returns what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadsBack {
    /// A read returns the value written, factory value included.
    Always,
    /// A value reads back; the factory value does not, since the VF's driver then picks one of its own.
    ExceptFactory,
}

/// What the table says of one attribute.
#[derive(Debug, Clone, Copy)]
pub struct VfAttributeRow {
    /// The attribute.
    pub attribute: VfAttribute,
    /// Its name in spec, facts and plan.
    pub key: &'static str,
    /// Its word in `ip link set DEV vf N …`.
    pub ip_word: &'static str,
    /// What it does, with unit and netlink attribute.
    pub doc: &'static str,
    /// What it does, in a few words behind its setting; it begins in lower case, but for the field's own words.
    pub purpose: &'static str,
    /// The shape of its value.
    pub shape: Shape,
    /// The value of a VF that was just created; what `default` writes.
    pub factory: VfValue,
    /// The value that holds where the driver has no such attribute.
    pub without: VfValue,
    /// What that means for whoever asked for another value.
    pub without_it: &'static str,
    /// Whether a read returns what was written.
    pub reads_back: ReadsBack,
    /// Whether writing it can interrupt the VF's traffic.
    pub disturbs: bool,
    /// Whether one document may give many VFs the same value.
    pub shareable: bool,
    /// Whether frames of the VF must leave the PF for it to work, so that drivers may ask for a carrier.
    pub shapes_traffic: bool,
}

/// Makes the enum, its table and the list of all from one row each.
macro_rules! vf_attributes {
    ($($name:ident { $($field:ident: $value:expr),* $(,)? })*) => {
        /// A thing that a PF can set on a VF; see its row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each row of the table carries the text")]
        pub enum VfAttribute { $($name),* }

        impl VfAttribute {
            /// Every attribute, in the order in which they are written.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the attribute's row.
            pub fn row(self) -> &'static VfAttributeRow {
                match self {
                    $(Self::$name => {
                        const ROW: VfAttributeRow =
                            VfAttributeRow { attribute: VfAttribute::$name, $($field: $value),* };
                        &ROW
                    })*
                }
            }
        }
    };
}

// The order is the order of writing: the MAC first, since a trusted VF may change it; rates last, since
// they may have to wait for the carrier.
vf_attributes! {
    MacAddress {
        key: "macAddress",
        ip_word: "mac",
        doc: "Administrative MAC address of the VF (IFLA_VF_MAC). `default` drops it: the VF's driver picks one.",
        purpose: "administrative MAC address of the VF",
        shape: Shape::Mac,
        factory: VfValue::Mac(MacAddress::ZERO),
        without: VfValue::Mac(MacAddress::ZERO),
        without_it: "the VF has the address that its own driver chooses",
        reads_back: ReadsBack::ExceptFactory,
        disturbs: true,
        shareable: false,
        shapes_traffic: false,
    }
    Vlan {
        key: "vlan",
        ip_word: "vlan",
        doc: "VLAN that the PF puts on and takes off the VF's frames (IFLA_VF_VLAN_LIST): id 0-4094, qos 0-7, protocol 802.1Q or 802.1ad.",
        purpose: "VLAN that the PF puts on and takes off the VF's frames",
        shape: Shape::Vlan,
        factory: VfValue::Vlan(VlanTag::NONE),
        without: VfValue::Vlan(VlanTag::NONE),
        without_it: "the frames of the VF are in no VLAN of their own",
        reads_back: ReadsBack::Always,
        disturbs: true,
        shareable: true,
        shapes_traffic: false,
    }
    Trust {
        key: "trust",
        ip_word: "trust",
        doc: "Whether the VF may change its MAC and turn on promiscuous mode (IFLA_VF_TRUST).",
        purpose: "whether the VF may change its MAC and turn on promiscuous mode",
        shape: Shape::Toggle,
        factory: VfValue::Toggle(Toggle::Off),
        without: VfValue::Toggle(Toggle::Off),
        without_it: "the VF is not trusted",
        reads_back: ReadsBack::Always,
        disturbs: false,
        shareable: true,
        shapes_traffic: false,
    }
    SpoofCheck {
        key: "spoofCheck",
        ip_word: "spoofchk",
        doc: "Whether frames with a source MAC or VLAN other than the VF's are dropped (IFLA_VF_SPOOFCHK).",
        purpose: "whether frames with a source MAC or VLAN other than the VF's are dropped",
        shape: Shape::Toggle,
        factory: VfValue::Toggle(Toggle::On),
        without: VfValue::Toggle(Toggle::Off),
        without_it: "nothing checks the frames of the VF",
        reads_back: ReadsBack::Always,
        disturbs: false,
        shareable: true,
        shapes_traffic: false,
    }
    LinkState {
        key: "linkState",
        ip_word: "state",
        doc: "Link that the VF sees: the PF's own (auto), always up (enable) or always down (disable) (IFLA_VF_LINK_STATE).",
        purpose: "link that the VF sees: the PF's own (auto), always up (enable) or always down (disable)",
        shape: Shape::LinkState,
        factory: VfValue::LinkState(VfLinkState::Auto),
        without: VfValue::LinkState(VfLinkState::Auto),
        without_it: "the VF's link follows that of the PF",
        reads_back: ReadsBack::Always,
        disturbs: true,
        shareable: true,
        shapes_traffic: false,
    }
    QueryRss {
        key: "queryRss",
        ip_word: "query_rss",
        doc: "Whether the VF may read the PF's RSS table and hash key (IFLA_VF_RSS_QUERY_EN).",
        purpose: "whether the VF may read the PF's RSS table and hash key",
        shape: Shape::Toggle,
        factory: VfValue::Toggle(Toggle::Off),
        without: VfValue::Toggle(Toggle::Off),
        without_it: "the VF may not read the RSS table",
        reads_back: ReadsBack::Always,
        disturbs: false,
        shareable: true,
        shapes_traffic: false,
    }
    Rate {
        key: "rate",
        ip_word: "rate",
        doc: "Guaranteed (min) and highest (max) transmit rate in Mbit/s, 0 for no limit (IFLA_VF_RATE).",
        purpose: "guaranteed (min) and highest (max) transmit rate in Mbit/s, 0 for no limit",
        shape: Shape::Rate,
        factory: VfValue::Rate(RateLimits::NONE),
        without: VfValue::Rate(RateLimits::NONE),
        without_it: "nothing limits the rate of the VF",
        reads_back: ReadsBack::Always,
        disturbs: false,
        shareable: true,
        shapes_traffic: true,
    }
}

impl VfAttribute {
    /// Returns the name in spec, facts and plan.
    pub fn key(self) -> &'static str {
        self.row().key
    }

    /// Returns the value of a VF that was just created.
    pub fn factory(self) -> VfValue {
        self.row().factory
    }
}

impl fmt::Display for VfAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}

impl FromStr for VfAttribute {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL
            .iter()
            .copied()
            .find(|attribute| attribute.key() == text)
            .ok_or_else(|| ParseError::new(text, "VF attribute"))
    }
}

text_serde!(VfAttribute, "VfAttribute", "The key of a VF attribute, such as vlan.");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_a_key_of_its_own_a_netlink_name_and_a_factory_value_of_its_shape() {
        let keys: BTreeSet<_> = VfAttribute::ALL.iter().map(|a| a.key()).collect();
        assert_eq!(keys.len(), VfAttribute::ALL.len());
        for attribute in VfAttribute::ALL {
            let row = attribute.row();
            assert!(row.doc.contains("IFLA_VF_"), "{attribute}: {}", row.doc);
            let purpose = row.purpose;
            assert!(
                !purpose.is_empty() && !purpose.contains("IFLA_") && !purpose.ends_with('.'),
                "{purpose}"
            );
            assert_eq!(row.factory.shape(), row.shape, "{attribute}");
            assert_eq!(attribute.key().parse(), Ok(*attribute));
        }
    }

    #[test]
    fn every_factory_value_round_trips_as_text() {
        for attribute in VfAttribute::ALL {
            let row = attribute.row();
            assert_eq!(VfValue::parse(row.shape, &row.factory.to_string()), Ok(row.factory), "{attribute}");
        }
    }
}
