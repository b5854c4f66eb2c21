//! Tests of default routes.

use super::*;

/// Returns a route of this family, prefix length, table and type.
fn route(family: u8, length: u8, table: u8, route_type: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![family, length, 0, 0, table, 0, 0, route_type, 0, 0, 0, 0];
    for (kind, payload) in attributes {
        bytes.extend(u16::try_from(4 + payload.len()).expect("short").to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(*payload);
    }
    bytes
}

fn read(payload: &[u8]) -> Option<Vec<u32>> {
    read_default_route(&Received { kind: kind::RTM_NEWROUTE, flags: 0, sequence: 0, payload })
}

#[test]
fn default_route_names_all_its_interfaces() {
    let hop = |interface: u32| [&[16, 0, 0, 0][..], &interface.to_ne_bytes(), &[0; 8]].concat();
    let hops = [hop(4), hop(5)].concat();
    assert_eq!(read(&route(AF_INET, 0, 254, 1, &[(RTA_OIF, &3u32.to_ne_bytes())])), Some(vec![3]));
    assert_eq!(read(&route(AF_INET6, 0, 254, 1, &[(RTA_MULTIPATH, &hops)])), Some(vec![4, 5]));
    let in_main: (u16, &[u8]) = (RTA_TABLE, &254u32.to_ne_bytes());
    assert_eq!(read(&route(AF_INET, 0, 0, 1, &[in_main, (RTA_OIF, &3u32.to_ne_bytes())])), Some(vec![3]));
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
        vec![AF_INET],
    ] {
        assert_eq!(read(&payload), None, "{payload:?}");
    }
    assert_eq!(read(&route(AF_INET, 0, 254, 1, &[(RTA_MULTIPATH, &[0; 16])])), Some(vec![]));
}
