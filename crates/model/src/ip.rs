//! Addresses and networks that are given out to others: an address alone, a network with its prefix, and a stretch of addresses.
//!
//! What a host has on its interfaces is in `cidr`, which takes either.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::parse::ParseError;
use crate::text::text_serde;

/// An IP address alone, `10.0.0.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpAddress(pub IpAddr);

impl fmt::Display for IpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(address) = self;
        write!(f, "{address}")
    }
}

impl FromStr for IpAddress {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        text.parse().map(Self).map_err(|_| ParseError::new(text, "IP address such as `10.0.0.1`"))
    }
}

// Of IPv6, the pattern knows the characters alone.
text_serde!(
    IpAddress,
    "IpAddress",
    "An IP address such as 10.0.0.1.",
    "anyOf": [
        { "pattern": "^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$" },
        { "pattern": "^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$" }
    ],
);

/// A network, or an address in one, with the length of its prefix: `10.0.0.0/16`, `10.0.0.5/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpNetwork(IpNet);

impl IpNetwork {
    /// Returns the address as it is written, whose last bits may be set.
    pub fn address(&self) -> IpAddress {
        IpAddress(self.0.addr())
    }

    /// Returns the network alone: the same one, without the bits behind its prefix.
    pub fn network(&self) -> Self {
        Self(self.0.trunc())
    }

    /// Returns whether an address lies in the network; one of the other family does not.
    pub fn contains(&self, IpAddress(address): IpAddress) -> bool {
        self.0.contains(&address)
    }

    /// Returns whether this is everything: a route to it is the default route.
    pub fn is_everything(&self) -> bool {
        self.0.prefix_len() == 0
    }

    /// Returns how many bits of an address are free behind the prefix.
    pub fn free_bits(&self) -> u8 {
        self.0.max_prefix_len().saturating_sub(self.0.prefix_len())
    }

    /// Returns all addresses of the network, from its own to the last.
    pub fn span(&self) -> IpSpan {
        IpSpan { first: IpAddress(self.0.network()), last: IpAddress(self.0.broadcast()) }
    }

    /// Returns the addresses that pods can have: without the network's own and, in IPv4, without the broadcast address, where
    /// there are others.
    pub fn usable(&self) -> IpSpan {
        let span = self.span();
        if self.free_bits() < 2 {
            return span;
        }
        match (span.first.0, span.last.0) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                let (first, last) = (u32::from(first).saturating_add(1), u32::from(last).saturating_sub(1));
                IpSpan {
                    first: IpAddress(IpAddr::V4(first.into())),
                    last: IpAddress(IpAddr::V4(last.into())),
                }
            }
            (IpAddr::V6(first), IpAddr::V6(_)) => {
                let first = u128::from(first).saturating_add(1);
                IpSpan { first: IpAddress(IpAddr::V6(first.into())), ..span }
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => span,
        }
    }
}

impl fmt::Display for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(network) = self;
        write!(f, "{network}")
    }
}

impl FromStr for IpNetwork {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wanted = || ParseError::new(text, "network with its prefix length such as `10.0.0.0/16`");
        let (address, prefix) = text.split_once('/').ok_or_else(wanted)?;
        // `IpNet` alone reads `010.0.0.1` and `/+8`.
        let address: IpAddr = address.parse().map_err(|_| wanted())?;
        let is_plain =
            prefix.bytes().all(|b| b.is_ascii_digit()) && (prefix == "0" || !prefix.starts_with('0'));
        let prefix = prefix.parse().ok().filter(|_| is_plain).ok_or_else(wanted)?;
        IpNet::new(address, prefix).map(Self).map_err(|_| wanted())
    }
}

text_serde!(
    IpNetwork,
    "IpNetwork",
    "A network with its prefix length such as 10.0.0.0/16.",
    "anyOf": [
        {
            "pattern": "^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])/([0-9]|[12][0-9]|3[0-2])$"
        },
        { "pattern": "^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8])$" }
    ],
);

/// Addresses of one family from a first to a last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpSpan {
    /// The first.
    pub first: IpAddress,
    /// The last, which belongs to it.
    pub last: IpAddress,
}

impl IpSpan {
    /// Returns whether some address is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        // Addresses of IPv4 are ordered before all of IPv6, so that two families never overlap.
        self.first <= other.last && other.first <= self.last
    }
}

/// Written `10.0.0.1-10.0.0.9`, or as the address where there is one.
impl fmt::Display for IpSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = self;
        if first == last { write!(f, "{first}") } else { write!(f, "{first}-{last}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usable_addresses_are_those_that_pods_can_have() {
        for (network, usable) in [
            ("10.0.0.0/24", "10.0.0.1-10.0.0.254"),
            ("10.0.0.77/24", "10.0.0.1-10.0.0.254"),
            ("10.0.0.4/30", "10.0.0.5-10.0.0.6"),
            ("10.0.0.4/31", "10.0.0.4-10.0.0.5"),
            ("10.0.0.4/32", "10.0.0.4"),
            ("0.0.0.0/0", "0.0.0.1-255.255.255.254"),
            ("fd00::/126", "fd00::1-fd00::3"),
        ] {
            let network: IpNetwork = network.parse().expect("a network");
            assert_eq!(network.usable().to_string(), usable, "{network}");
        }
    }

    #[test]
    fn spans_overlap_where_they_share_an_address_of_their_family() {
        let span = |text: &str| text.parse::<IpNetwork>().expect("a network").span();
        for (one, other, overlap) in [
            ("10.0.0.0/24", "10.0.0.128/25", true),
            ("10.0.0.0/24", "10.0.0.255/32", true),
            ("10.0.0.0/24", "10.0.1.0/24", false),
            ("0.0.0.0/0", "::/0", false),
            ("fd00::/8", "fd00::1/128", true),
        ] {
            assert_eq!(span(one).overlaps(&span(other)), overlap, "{one} {other}");
            assert_eq!(span(other).overlaps(&span(one)), overlap, "{other} {one}");
        }
    }

    #[test]
    fn networks_have_a_prefix_and_addresses_have_none() {
        for text in
            ["10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/08", "010.0.0.0/8"]
        {
            assert!(text.parse::<IpNetwork>().is_err(), "{text}");
        }
        for text in ["10.0.0.0/8", "010.0.0.1", "10.0.0", "fd00::1%eth0", ""] {
            assert!(text.parse::<IpAddress>().is_err(), "{text}");
        }
        assert_eq!("10.1.2.3/8".parse::<IpNetwork>().expect("a network").network().to_string(), "10.0.0.0/8");
    }
}
