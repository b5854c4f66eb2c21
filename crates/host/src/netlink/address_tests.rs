//! Tests of addresses.

use super::super::wire::messages;
use super::super::wire::tests::{attribute, datagram};
use super::*;
use crate::errno::chain;

/// Reads an address of interface 7 that has this family, prefix and attributes.
fn read(family: u8, prefix: u8, attributes: &[Vec<u8>]) -> Option<Result<(u32, Cidr), String>> {
    let header = [&[family, prefix, 0, 0][..], &7u32.to_ne_bytes()].concat();
    let bytes = datagram(RTM_NEWADDR, 0, &[header, attributes.concat()].concat());
    let read = read_address(&messages(&bytes).next().expect("a message"))?;
    Some(read.map_err(|unread| chain(&unread)))
}

fn of_seven(cidr: &str) -> Option<Result<(u32, Cidr), String>> {
    Some(Ok((7, cidr.parse().expect("an address"))))
}

#[test]
fn own_address_is_read_of_either_family_and_not_that_of_the_peer() {
    let local = attribute(IFA_LOCAL, &[10, 0, 0, 1]);
    let peer = attribute(IFA_ADDRESS, &[10, 0, 0, 2]);
    // IFA_CACHEINFO, cut short: not wanted.
    let other = attribute(6, &[0]);
    assert_eq!(read(2, 32, &[peer.clone(), local, other]), of_seven("10.0.0.1/32"));
    assert_eq!(read(2, 24, &[peer]), of_seven("10.0.0.2/24"));
    let v6 = std::net::Ipv6Addr::LOCALHOST.octets();
    assert_eq!(read(10, 128, &[attribute(IFA_ADDRESS, &v6)]), of_seven("::1/128"));
}

#[test]
fn addresses_of_other_families_are_left_out() {
    // AF_MCTP has addresses of one byte.
    assert_eq!(read(45, 0, &[attribute(IFA_LOCAL, &[8])]), None);
}

#[test]
fn address_that_is_malformed_is_unread_with_the_reason() {
    for (prefix, attributes) in [
        (24, vec![]),
        (24, vec![attribute(IFA_LOCAL, &[10, 0, 0])]),
        (33, vec![attribute(IFA_LOCAL, &[10, 0, 0, 1])]),
        (24, vec![vec![40, 0, 2, 0]]),
    ] {
        let Some(Err(why)) = read(2, prefix, &attributes) else { panic!("{attributes:?} was read") };
        assert!(why.starts_with("an address of network interface number 7: "), "{why}");
    }
}
