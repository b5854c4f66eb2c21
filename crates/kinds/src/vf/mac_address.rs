//! The MAC address that a source gives to one VF.

use vfctl_model::{DeviceAddress, HostName, MacAddress, VfIndex};

use super::mac_source::{DeriveFrom, MacSource};
use crate::document::HostValues;

/// Whom an address is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MacOwner<'a> {
    /// The host.
    pub(crate) host: &'a HostName,
    /// The host's own values in the document.
    pub(crate) values: Option<&'a HostValues>,
    /// The PF.
    pub(crate) pf: &'a DeviceAddress,
    /// The VF.
    pub(crate) vf: VfIndex,
    /// The VF's place in the set that the source is written for, from 0.
    pub(crate) ordinal: u16,
}

/// Why a source has no address for a VF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MacError {
    /// The document has no such list for the host.
    #[error("host {host} has no list `{list}` under spec.hosts")]
    NoList {
        /// The host.
        host: HostName,
        /// The list's name.
        list: String,
    },
    /// The list ends before this VF.
    #[error("the list has {have} addresses, and vf {vf} would need number {need}")]
    TooShort {
        /// How many addresses there are.
        have: usize,
        /// The number of the one that is missing, from 1.
        need: usize,
        /// The VF.
        vf: VfIndex,
    },
    /// Counting up runs into the vendor's part of the address.
    #[error("counting up from {first} runs past its last three bytes at vf {vf}")]
    PastTheEnd {
        /// The first address.
        first: MacAddress,
        /// The VF.
        vf: VfIndex,
    },
}

impl MacSource {
    /// Returns the address for one VF.
    ///
    /// A derived address is the prefix, then bytes of the 64-bit FNV-1a hash of the host's name and the PF's
    /// address, as far as they are asked for, the last of which is mixed with the VF number's high byte, then the
    /// number's low byte: VFs of one PF never collide, and the same parts always give the same address.
    ///
    /// # Errors
    /// Where the source has no address for this VF.
    pub(crate) fn address(&self, owner: MacOwner<'_>) -> Result<MacAddress, MacError> {
        let MacOwner { host, values, pf, vf, ordinal } = owner;
        let nth = |list: &[MacAddress]| {
            let missing = MacError::TooShort { have: list.len(), need: usize::from(ordinal) + 1, vf };
            list.get(usize::from(ordinal)).copied().ok_or(missing)
        };
        match self {
            Self::First(first) => {
                first.offset_by(u32::from(ordinal)).ok_or(MacError::PastTheEnd { first: *first, vf })
            }
            Self::List(list) => nth(list),
            Self::Shared(mac) => nth(std::slice::from_ref(mac)),
            Self::FromHost(name) => {
                let list = values.and_then(|values| values.get(name));
                nth(list.ok_or_else(|| MacError::NoList { host: host.clone(), list: name.clone() })?)
            }
            Self::Derive { prefix, from } => {
                let mut hash = FNV_OFFSET;
                for part in [DeriveFrom::NodeName, DeriveFrom::Pf].iter().filter(|part| from.contains(part)) {
                    hash = match part {
                        DeriveFrom::NodeName => fnv1a(hash, host.to_string().as_bytes()),
                        DeriveFrom::Pf => fnv1a(hash, pf.to_string().as_bytes()),
                        DeriveFrom::Index => hash,
                    };
                }
                let [.., a, b, c, d] = hash.to_be_bytes();
                let [high, low] = vf.0.to_be_bytes();
                let mut bytes = [0, a, b, c, d ^ high, low];
                for (byte, fixed) in bytes.iter_mut().zip(prefix) {
                    *byte = *fixed;
                }
                Ok(MacAddress::new(bytes))
            }
        }
    }
}

/// The offset basis of 64-bit FNV-1a.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// Returns the 64-bit FNV-1a hash of what was hashed before and these bytes, ended by a zero byte.
fn fnv1a(before: u64, bytes: &[u8]) -> u64 {
    let add = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().chain(&[0]).fold(before, add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_addresses_are_stable_and_differ_by_each_part() {
        let source = MacSource::Derive {
            prefix: vec![0x02, 0x4f],
            from: vec![DeriveFrom::NodeName, DeriveFrom::Pf, DeriveFrom::Index],
        };
        let of = |host: &str, pf: &str, vf: u16| {
            let (host, pf) = (host.parse().expect("a host"), pf.parse().expect("a PF"));
            let owner = MacOwner { host: &host, values: None, pf: &pf, vf: VfIndex(vf), ordinal: 0 };
            source.address(owner).expect("an address").to_string()
        };
        // Never change this line: addresses in the field depend on it.
        assert_eq!(of("worker-1", "pci/0000:3b:00.0", 3), "02:4f:1d:57:9d:03");
        let others = [of("worker-2", "pci/0000:3b:00.0", 3), of("worker-1", "pci/0000:3b:00.1", 3)];
        assert!(!others.contains(&of("worker-1", "pci/0000:3b:00.0", 3)));
    }
}
