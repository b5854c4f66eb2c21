//! Ethernet addresses.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use crate::parse::ParseError;
use crate::text::text_serde;

/// An Ethernet address, `02:00:00:00:00:01` in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddress([u8; 6]);

impl MacAddress {
    /// All zeros: to the kernel's `ndo_set_vf_mac` it means "give the administrative MAC up".
    pub const ZERO: Self = Self([0; 6]);

    /// Returns the address of these bytes, first on the wire first.
    pub fn new(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, first on the wire first.
    pub fn bytes(self) -> [u8; 6] {
        self.0
    }

    /// Returns whether the group bit is set; the kernel refuses such an address for a VF.
    pub fn is_multicast(self) -> bool {
        let [first, ..] = self.0;
        first & 1 == 1
    }

    /// Returns whether the address is locally administered, as random ones are (IEEE 802, the U/L bit).
    pub fn is_local(self) -> bool {
        let [first, ..] = self.0;
        first & 2 == 2
    }

    /// Returns the address `steps` further on, or `None` where the last three bytes would overflow
    /// into the vendor's part.
    pub fn offset_by(self, steps: u32) -> Option<Self> {
        let [a, b, c, d, e, f] = self.0;
        let low = u32::from_be_bytes([0, d, e, f]).checked_add(steps)?;
        let [over, d, e, f] = low.to_be_bytes();
        (over == 0).then_some(Self([a, b, c, d, e, f]))
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand: a plan for a thousand VFs and its journal have some thousands of them.
        let Self(bytes) = self;
        let mut separator = None;
        for byte in bytes {
            out.write_str(separator.unwrap_or_default())?;
            for digit in [byte >> 4, byte & 15] {
                out.write_char(char::from_digit(digit.into(), 16).unwrap_or_default())?;
            }
            separator = Some(":");
        }
        Ok(())
    }
}

impl FromStr for MacAddress {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wanted = || ParseError::new(text, "MAC address such as `02:00:00:00:00:01`");
        let mut bytes = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut bytes {
            let part = parts.next().ok_or_else(wanted)?;
            if part.len() != 2 || !part.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(wanted());
            }
            *byte = u8::from_str_radix(part, 16).map_err(|_| wanted())?;
        }
        if parts.next().is_some() {
            return Err(wanted());
        }
        Ok(Self(bytes))
    }
}

text_serde!(
    MacAddress,
    "MacAddress",
    "A MAC address such as 02:00:00:00:00:01; quote it in YAML.",
    "pattern": "^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mac_reads_both_spellings_and_writes_one() {
        assert_eq!(
            "02-AB-00-00-00-01".parse::<MacAddress>().map(|m| m.to_string()).as_deref(),
            Ok("02:ab:00:00:00:01")
        );
        for text in [
            "",
            "02:00:00:00:00",
            "02:00:00:00:00:0",
            "02:00:00:00:00:00:00",
            "0g:00:00:00:00:00",
            "+2:00:00:00:00:00",
        ] {
            assert!(text.parse::<MacAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn mac_range_carries_within_the_last_three_bytes_and_not_past_them() {
        let first: MacAddress = "02:00:00:00:ff:ff".parse().expect("a MAC");
        assert_eq!(first.offset_by(1).map(|m| m.to_string()).as_deref(), Some("02:00:00:01:00:00"));
        let last: MacAddress = "02:00:00:ff:ff:ff".parse().expect("a MAC");
        assert_eq!(last.offset_by(1), None);
    }
}
