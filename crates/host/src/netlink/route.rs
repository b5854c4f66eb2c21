//! Default routes of the main table as `RTM_NEWROUTE` has them.

use netlink_packet_core::{DecodeError, NLM_F_DUMP, NlasIterator, ParseableParametrized};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{RouteAttribute, RouteHeader, RouteLwEnCapType, RouteMessage, RouteType};
use nix::libc::{RT_TABLE_MAIN, RTA_MULTIPATH, RTA_OIF, RTA_TABLE, RTM_GETROUTE, RTM_NEWROUTE};

use super::address::is_ip;
use super::dump::Unread;
use super::wire::{Message, Received};

/// Length of `struct rtmsg`.
const ROUTE_HEADER: usize = 12;

/// Returns a request for the routes of all families.
pub(crate) fn route_request() -> Message {
    Message::new(RTM_GETROUTE, &RouteMessage::default(), NLM_F_DUMP)
}

/// A default route of the main table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DefaultRoute {
    /// The numbers of the interfaces that it leads through.
    pub(crate) interfaces: Vec<u32>,
    /// The one that an IPv4 route names as its own (`RTA_OIF`): one with several ways (`RTA_MULTIPATH`) names none.
    pub(crate) ipv4: Option<u32>,
}

/// Returns the default route of the main table that a message has; `None` for every other message and route.
pub(crate) fn read_default_route(message: &Received<'_>) -> Option<Result<DefaultRoute, Unread>> {
    if message.message_type() != RTM_NEWROUTE {
        return None;
    }
    let header = match RouteHeader::parse(message.payload()) {
        Ok(header) => header,
        Err(source) => return Some(Err(Unread::DefaultRoute { source })),
    };
    if !is_ip(header.address_family)
        || header.destination_prefix_length != 0
        || header.kind != RouteType::Unicast
    {
        return None;
    }
    let attributes = message.payload().get(ROUTE_HEADER..).unwrap_or_default();
    decode(&header, attributes).map_err(|source| Unread::DefaultRoute { source }).transpose()
}

/// Returns a default route; `None` where it is of another table.
fn decode(header: &RouteHeader, attributes: &[u8]) -> Result<Option<DefaultRoute>, DecodeError> {
    let (mut table, mut interfaces, mut own) = (u32::from(header.table), Vec::new(), None);
    // What routes are wrapped into is not looked at, so that its kind need not be known.
    let context = (header.address_family, header.kind, RouteLwEnCapType::None);
    for attribute in NlasIterator::new(attributes) {
        let attribute = attribute?;
        if ![RTA_TABLE, RTA_OIF, RTA_MULTIPATH].contains(&attribute.kind()) {
            continue;
        }
        match RouteAttribute::parse_with_param(&attribute, context)? {
            RouteAttribute::Table(number) => table = number,
            RouteAttribute::Oif(interface) => {
                own = Some(interface);
                interfaces.push(interface);
            }
            RouteAttribute::MultiPath(hops) => {
                interfaces.extend(hops.iter().map(|hop| hop.interface_index));
            }
            _ => {}
        }
    }
    let ipv4 = own.filter(|_| header.address_family == AddressFamily::Inet);
    Ok((table == u32::from(RT_TABLE_MAIN)).then_some(DefaultRoute { interfaces, ipv4 }))
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;
