//! IP addresses with a prefix length.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::parse::ParseError;
use crate::text::text_serde;

/// An IP address and the length of its network's prefix, `10.0.0.5/16`; without a length, the address alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(IpNet);

impl Cidr {
    /// Returns the address with that prefix length, or `None` where it is longer than the address.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        IpNet::new(address, prefix).ok().map(Self)
    }

    /// Returns the address.
    pub fn address(&self) -> IpAddr {
        self.0.addr()
    }

    /// Returns whether the address is one that an interface gives itself (RFC 3927, RFC 4291 2.5.6).
    pub fn is_link_local(&self) -> bool {
        match self.address() {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        }
    }

    /// Returns whether `address` lies in this network.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// Returns whether all of another network lies in this one.
    pub fn contains_network(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(network) = self;
        write!(f, "{network}")
    }
}

impl FromStr for Cidr {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wanted = || ParseError::new(text, "IP address or network such as `10.0.0.0/16`");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        // The standard library refuses `010.0.0.1`. `IpNet` reads it as 10.0.0.1, tools written in C as 8.0.0.1.
        let address: IpAddr = address.parse().map_err(|_| wanted())?;
        let Some(prefix) = prefix else { return Ok(Self(address.into())) };
        prefix.parse().ok().and_then(|prefix| Self::new(address, prefix)).ok_or_else(wanted)
    }
}

// Of IPv6, the pattern knows the characters alone.
text_serde!(
    Cidr,
    "Cidr",
    "An IP address or network such as 10.0.0.0/16.",
    "anyOf": [
        {
            "pattern": "^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(/[+]?0*([0-9]|[12][0-9]|3[0-2]))?$"
        },
        { "pattern": "^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/[+]?0*([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?$" }
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_contains_its_own_addresses_only() {
        for (network, inside, outside) in [
            ("10.0.0.0/16", "10.0.255.1", "10.1.0.0"),
            ("10.0.0.5", "10.0.0.5", "10.0.0.6"),
            ("0.0.0.0/0", "192.0.2.1", "::1"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
        ] {
            let network: Cidr = network.parse().expect("a network");
            assert!(network.contains(inside.parse().expect("an address")), "{network} {inside}");
            assert!(!network.contains(outside.parse().expect("an address")), "{network} {outside}");
        }
    }

    #[test]
    fn malformed_network_is_refused() {
        for text in ["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "010.0.0.1/8", "10.0/8"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }
}
