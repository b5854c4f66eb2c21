//! IP addresses with a prefix length.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::parse::ParseError;
use crate::text::text_serde;

/// An IP address and the length of its network's prefix, `10.0.0.5/16`; without a length, the address alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// Returns the address with that prefix length, or `None` where it is longer than the address.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let longest = if address.is_ipv4() { 32 } else { 128 };
        (prefix <= longest).then_some(Self { address, prefix })
    }

    /// Returns the address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Returns whether the address is one that an interface gives itself (RFC 3927, RFC 4291 2.5.6).
    pub fn is_link_local(&self) -> bool {
        match self.address {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        }
    }

    /// Returns whether `address` lies in this network.
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, true),
            IpAddr::V6(v6) => (v6.to_bits(), false),
        };
        let ((own, own_is_v4), (other, other_is_v4)) = (bits(self.address), bits(address));
        let mask = match self.prefix {
            0 => 0,
            prefix => u128::MAX << (128 - u32::from(prefix)),
        };
        own_is_v4 == other_is_v4 && own & mask == other & mask
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, prefix } = self;
        write!(f, "{address}/{prefix}")
    }
}

impl FromStr for Cidr {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wanted = || ParseError::new(text, "IP address or network such as `10.0.0.0/16`");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wanted())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |p| p.parse().map_err(|_| wanted()))?;
        Self::new(address, prefix).ok_or_else(wanted)
    }
}

text_serde!(Cidr, "Cidr", "An IP address or network such as 10.0.0.0/16.");

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
        assert!("10.0.0.0/33".parse::<Cidr>().is_err());
    }
}
