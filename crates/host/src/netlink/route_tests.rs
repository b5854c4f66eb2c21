//! Tests of default routes.

use super::super::wire::messages;
use super::super::wire::tests::{attribute, datagram};
use super::*;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// Returns a route of this family, prefix length, table and type.
fn route(family: u8, length: u8, table: u8, route_type: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![family, length, 0, 0, table, 0, 0, route_type, 0, 0, 0, 0];
    bytes.extend(attributes.iter().flat_map(|(kind, payload)| attribute(*kind, payload)));
    bytes
}

/// Returns a default route; the inner `None` where it is malformed.
fn read_route(payload: &[u8]) -> Option<Option<DefaultRoute>> {
    let bytes = datagram(RTM_NEWROUTE, 0, payload);
    read_default_route(&messages(&bytes).next().expect("a message")).map(Result::ok)
}

/// Returns the interfaces of a default route; the inner `None` where it is malformed.
fn read(payload: &[u8]) -> Option<Option<Vec<u32>>> {
    read_route(payload).map(|route| route.map(|route| route.interfaces))
}

#[test]
fn only_an_ipv4_route_with_one_way_names_an_interface_as_its_own() {
    let own = |payload: &[u8]| read_route(payload).flatten().and_then(|route| route.ipv4);
    let out: (u16, &[u8]) = (RTA_OIF, &3u32.to_ne_bytes());
    assert_eq!(own(&route(AF_INET, 0, 254, 1, &[out])), Some(3));
    assert_eq!(own(&route(AF_INET6, 0, 254, 1, &[out])), None);
    let hop = |interface: u32| [&[8, 0, 0, 0][..], &interface.to_ne_bytes()].concat();
    let hops = [hop(4), hop(5)].concat();
    assert_eq!(own(&route(AF_INET, 0, 254, 1, &[(RTA_MULTIPATH, &hops)])), None);
}

#[test]
fn default_route_names_all_its_interfaces() {
    // RTA_GATEWAY follows the number of each.
    let hop =
        |interface: u32| [&[28, 0, 0, 0][..], &interface.to_ne_bytes(), &attribute(5, &[0xfe; 16])].concat();
    let hops = [hop(4), hop(5)].concat();
    assert_eq!(read(&route(AF_INET, 0, 254, 1, &[(RTA_OIF, &3u32.to_ne_bytes())])), Some(Some(vec![3])));
    assert_eq!(read(&route(AF_INET6, 0, 254, 1, &[(RTA_MULTIPATH, &hops)])), Some(Some(vec![4, 5])));
    let in_main: (u16, &[u8]) = (RTA_TABLE, &254u32.to_ne_bytes());
    assert_eq!(
        read(&route(AF_INET, 0, 0, 1, &[in_main, (RTA_OIF, &3u32.to_ne_bytes())])),
        Some(Some(vec![3]))
    );
}

#[test]
fn other_routes_are_no_default_route() {
    let out: (u16, &[u8]) = (RTA_OIF, &3u32.to_ne_bytes());
    let elsewhere: (u16, &[u8]) = (RTA_TABLE, &1000u32.to_ne_bytes());
    for payload in [
        route(AF_INET, 24, 254, 1, &[out]),
        route(AF_INET, 0, 255, 1, &[out]),
        route(AF_INET, 0, 252, 1, &[elsewhere, out]),
        route(AF_INET, 0, 254, 7, &[out]),
        route(128, 0, 254, 1, &[out]),
    ] {
        assert_eq!(read(&payload), None, "{payload:?}");
    }
}

#[test]
fn what_a_route_is_wrapped_into_may_be_anything() {
    let out: (u16, &[u8]) = (RTA_OIF, &3u32.to_ne_bytes());
    // RTA_ENCAP_TYPE and RTA_ENCAP of an unknown kind; in a next hop, too, where they follow its number.
    let wrapped = [attribute(21, &[99, 0]), attribute(22, &attribute(1, &[1, 2, 3, 4, 5]))].concat();
    assert_eq!(read(&route(AF_INET, 0, 254, 1, &[(22, &[1]), out])), Some(Some(vec![3])));
    let length = u16::try_from(8 + wrapped.len()).expect("short");
    let hop = [&length.to_ne_bytes()[..], &[0, 0], &4u32.to_ne_bytes(), &wrapped].concat();
    assert_eq!(read(&route(AF_INET, 0, 254, 1, &[(RTA_MULTIPATH, &hop)])), Some(Some(vec![4])));
}

#[test]
fn default_route_that_is_malformed_is_unread() {
    assert_eq!(read(&[AF_INET]), Some(None));
    assert_eq!(read(&route(AF_INET, 0, 254, 1, &[(RTA_MULTIPATH, &[0; 16])])), Some(None));
    assert_eq!(read(&route(AF_INET, 0, 254, 1, &[(RTA_OIF, &[3])])), Some(None));
}
