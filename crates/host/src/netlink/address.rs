//! IP addresses of interfaces as `RTM_NEWADDR` has them.

use netlink_packet_core::{DecodeError, NLM_F_DUMP, NlasIterator, Parseable};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{AddressAttribute, AddressHeader, AddressMessage};
use nix::libc::{RTM_GETADDR, RTM_NEWADDR};
use vfctl_model::Cidr;

use super::dump::Unread;
use super::wire::{Message, Received};

/// Address attributes (include/uapi/linux/if_addr.h).
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;

/// Length of `struct ifaddrmsg`.
const ADDRESS_HEADER: usize = 8;

/// Returns a request for the addresses of all interfaces.
pub(crate) fn address_request() -> Message {
    Message::new(RTM_GETADDR, &AddressMessage::default(), NLM_F_DUMP)
}

/// Reads an interface's number and one of its IP addresses; `None` for every other message and family.
pub(crate) fn read_address(message: &Received<'_>) -> Option<Result<(u32, Cidr), Unread>> {
    if message.message_type() != RTM_NEWADDR {
        return None;
    }
    let header = match AddressHeader::parse(message.payload()) {
        Ok(header) if is_ip(header.family) => header,
        Ok(_) => return None,
        Err(source) => return Some(Err(Unread::Address { index: 0, source })),
    };
    let attributes = message.payload().get(ADDRESS_HEADER..).unwrap_or_default();
    let address = decode(&header, attributes).map(|address| (header.index, address));
    Some(address.map_err(|source| Unread::Address { index: header.index, source }))
}

/// Returns whether IP addresses and routes are of this family; the kernel lists those of MCTP and others, too.
pub(super) fn is_ip(family: AddressFamily) -> bool {
    matches!(family, AddressFamily::Inet | AddressFamily::Inet6)
}

fn decode(header: &AddressHeader, attributes: &[u8]) -> Result<Cidr, DecodeError> {
    let (mut local, mut address) = (None, None);
    for attribute in NlasIterator::new(attributes) {
        let attribute = attribute?;
        if ![IFA_LOCAL, IFA_ADDRESS].contains(&attribute.kind()) {
            continue;
        }
        match AddressAttribute::parse(&attribute)? {
            AddressAttribute::Local(ip) => local = Some(ip),
            AddressAttribute::Address(ip) => address = Some(ip),
            _ => {}
        }
    }
    // On point-to-point links IFA_ADDRESS is the peer's.
    let ip =
        local.or(address).ok_or_else(|| DecodeError::from("it has neither IFA_LOCAL nor IFA_ADDRESS"))?;
    let prefix = header.prefix_len;
    Cidr::new(ip, prefix).ok_or_else(|| DecodeError::from(format!("{ip} has a prefix of {prefix} bits")))
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
