//! IP addresses of interfaces as `RTM_NEWADDR` tells them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vfctl_model::Cidr;

use super::wire::{Message, Received, find, kind, u32_at};

/// Address attributes (include/uapi/linux/if_addr.h).
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;

/// Length of `struct ifaddrmsg`.
const ADDRESS_HEADER: usize = 8;

/// Returns a request for the addresses of all interfaces.
pub(crate) fn address_request() -> Message {
    let mut request = Message::new(kind::RTM_GETADDR, kind::NLM_F_DUMP);
    request.put(&[0; ADDRESS_HEADER]);
    request
}

/// Reads an interface's number and one of its addresses.
pub(crate) fn read_address(message: &Received<'_>) -> Option<(u32, Cidr)> {
    if message.kind != kind::RTM_NEWADDR {
        return None;
    }
    let prefix = *message.payload.get(1)?;
    let index = u32_at(message.payload, 4)?;
    let attributes = message.payload.get(ADDRESS_HEADER..)?;
    // On point-to-point links IFA_ADDRESS is the peer's.
    let bytes = find(attributes, IFA_LOCAL).or_else(|| find(attributes, IFA_ADDRESS))?;
    Some((index, Cidr::new(ip(bytes)?, prefix)?))
}

/// Reads an IP address of either family.
fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(v4).into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|v6| Ipv6Addr::from(v6).into())
}
