//! Default routes of the main table as `RTM_NEWROUTE` tells them.

use super::wire::{Message, Received, attributes, kind, u16_at, u32_at};

/// Route attributes (include/uapi/linux/rtnetlink.h).
const RTA_OIF: u16 = 4;
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;

const RT_TABLE_MAIN: u32 = 254;
const RTN_UNICAST: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// Length of `struct rtmsg` and of `struct rtnexthop`.
const ROUTE_HEADER: usize = 12;
const NEXT_HOP_HEADER: u16 = 8;

/// Returns a request for the routes of all families.
pub(crate) fn route_request() -> Message {
    let mut request = Message::new(kind::RTM_GETROUTE, kind::NLM_F_DUMP);
    request.put(&[0; ROUTE_HEADER]);
    request
}

/// Returns the numbers of the interfaces that a default route of the main table leads through; `None` for
/// every other message and route.
pub(crate) fn read_default_route(message: &Received<'_>) -> Option<Vec<u32>> {
    let [family, destination_length, _, _, table, _, _, route_type, ..] = message.payload else {
        return None;
    };
    let is_ip = [AF_INET, AF_INET6].contains(family);
    if message.kind != kind::RTM_NEWROUTE || !is_ip || *destination_length != 0 || *route_type != RTN_UNICAST
    {
        return None;
    }
    let (mut table, mut interfaces) = (u32::from(*table), Vec::new());
    for attribute in attributes(message.payload.get(ROUTE_HEADER..)?) {
        match attribute.kind {
            RTA_TABLE => table = u32_at(attribute.payload, 0)?,
            RTA_OIF => interfaces.extend(u32_at(attribute.payload, 0)),
            RTA_MULTIPATH => interfaces.extend(next_hops(attribute.payload)),
            _ => {}
        }
    }
    (table == RT_TABLE_MAIN).then_some(interfaces)
}

/// Walks `struct rtnexthop`s and returns their interfaces' numbers.
fn next_hops(mut bytes: &[u8]) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let length = u16_at(bytes, 0).filter(|length| *length >= NEXT_HOP_HEADER)?;
        let interface = u32_at(bytes, 4)?;
        bytes = bytes.get(usize::from(length).next_multiple_of(4)..).unwrap_or_default();
        Some(interface)
    })
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;
