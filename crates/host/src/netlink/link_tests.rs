//! Tests of interfaces: what is read of them, and what cannot be.

use nix::libc::{RTM_NEWADDR, RTM_NEWROUTE};
use proptest::prelude::*;

use super::super::address::read_address;
use super::super::route::read_default_route;
use super::super::wire::messages;
use super::super::wire::tests::{attribute, datagram};
use super::*;
use crate::errno::chain;

/// Returns a datagram with the link of number 7 that has these attributes.
fn link_with(attributes: &[Vec<u8>]) -> Vec<u8> {
    let header = [0u32, 7, IFF_UP, 0].map(u32::to_ne_bytes).concat();
    datagram(RTM_NEWLINK, 0, &[header, attributes.concat()].concat())
}

const IFF_UP: u32 = 1;

fn name() -> Vec<u8> {
    attribute(IFLA_IFNAME, b"eth0\0")
}

fn number(kind: u16, number: u32) -> Vec<u8> {
    attribute(kind, &number.to_ne_bytes())
}

fn read(datagram: &[u8]) -> Result<Link, String> {
    let message = messages(datagram).next().expect("a message");
    Link::read(&message).expect("a link").map_err(|unread| chain(&unread))
}

/// Returns what is read of a link that has nothing but a name and these attributes.
fn read_with(attributes: &[Vec<u8>]) -> Link {
    read(&link_with(&[&[name()], attributes].concat())).expect("a link")
}

#[test]
fn link_has_what_its_attributes_say() {
    let bond_port =
        [attribute(IFLA_INFO_KIND, b"vlan\0"), attribute(IFLA_INFO_SLAVE_KIND, b"bond\0")].concat();
    let altnames = [attribute(53, b"enp1s0\0"), attribute(53, b"\xff\0"), attribute(53, b"lan\0")].concat();
    let link = read_with(&[
        number(IFLA_MTU, 9000),
        number(IFLA_MAX_MTU, 9710),
        number(IFLA_LINK, 3),
        number(IFLA_MASTER, 4),
        attribute(IFLA_CARRIER, &[1]),
        attribute(IFLA_ADDRESS, &[2, 0, 0, 0, 0, 7]),
        attribute(IFLA_PERM_ADDRESS, &[2, 0, 0, 0, 0, 8]),
        attribute(IFLA_PHYS_PORT_NAME, b"p0\0"),
        attribute(IFLA_PARENT_DEV_NAME, b"0000:01:00.0\0"),
        attribute(IFLA_LINKINFO, &bond_port),
        attribute(IFLA_PROP_LIST | 0x8000, &altnames),
    ]);
    let expected = Link {
        index: 7,
        name: "eth0".parse().expect("a name"),
        altnames: ["enp1s0", "lan"].map(|name| name.parse().expect("a name")).into(),
        mac: Some(MacAddress::new([2, 0, 0, 0, 0, 7])),
        permanent_mac: Some(MacAddress::new([2, 0, 0, 0, 0, 8])),
        mtu: 9000,
        max_mtu: Some(9710),
        up: true,
        carrier: true,
        master: Some((4, Some("bond".to_owned()))),
        lower: Some(3),
        lower_elsewhere: None,
        kind: Some("vlan".to_owned()),
        phys_port_name: Some("p0".to_owned()),
        parent: Some("0000:01:00.0".to_owned()),
    };
    assert_eq!(link, expected);
}

#[test]
fn values_that_say_nothing_are_none() {
    let infiniband = attribute(IFLA_ADDRESS, &[0; 20]);
    let link = read_with(&[
        infiniband,
        number(IFLA_MAX_MTU, 0),
        number(IFLA_LINK, 7),
        attribute(IFLA_CARRIER, &[0]),
    ]);
    assert_eq!((link.mac, link.max_mtu, link.lower, link.carrier), (None, None, None, false));
    assert_eq!(read_with(&[number(IFLA_LINK, 0)]).lower, None);
}

#[test]
fn what_an_interface_stands_on_elsewhere_is_not_looked_for_here() {
    let elsewhere = [number(IFLA_LINK, 3), number(IFLA_LINK_NETNSID, 1)];
    let link = read_with(&elsewhere);
    assert_eq!((link.lower, link.lower_elsewhere), (None, Some(Elsewhere { index: 3, namespace: 1 })));
    let veth = attribute(IFLA_LINKINFO, &attribute(IFLA_INFO_KIND, b"veth\0"));
    let link = read_with(&[&elsewhere[..], &[veth]].concat());
    assert_eq!((link.lower, link.lower_elsewhere), (None, None));
}

#[test]
fn attributes_that_are_not_wanted_may_be_anything() {
    let plain = read_with(&[]);
    // IFLA_STATS, IFLA_MAP, IFLA_VFINFO_LIST, IFLA_STATS64, IFLA_AF_SPEC, IFLA_XDP, and one that is not known yet.
    for kind in [7, 14, 22, 23, 26, 43, 900] {
        for payload in [&[][..], &[1], &[0xff; 9]] {
            assert_eq!(read_with(&[attribute(kind, payload)]), plain, "{kind} {payload:?}");
        }
    }
    // What a bond says of itself, of a kind that is known, and cut short.
    let info =
        [attribute(IFLA_INFO_KIND, b"bond\0"), attribute(2, &[9, 0, 1, 0]), attribute(5, &[1])].concat();
    assert_eq!(read_with(&[attribute(IFLA_LINKINFO, &info)]).kind.as_deref(), Some("bond"));
}

#[test]
fn link_of_which_a_wanted_attribute_is_malformed_is_unread_with_the_reason() {
    let of_two_bytes = link_with(&[name(), attribute(IFLA_MTU, &[0; 2])]);
    let why = "network interface eth0: invalid IFLA_MTU value caused by Invalid number. Expected 4 bytes, received 2 bytes";
    assert_eq!(read(&of_two_bytes), Err(why.to_owned()));
    for attributes in [
        vec![number(IFLA_MTU, 1500)],
        vec![attribute(IFLA_IFNAME, b"eth\xff\0")],
        vec![attribute(IFLA_IFNAME, b"a b\0")],
    ] {
        let why = read(&link_with(&attributes)).expect_err("no name");
        assert!(why.starts_with("network interface number 7: "), "{why}");
    }
    // An attribute that is longer than its message.
    let cut = link_with(&[name(), vec![40, 0, 4, 0]]);
    assert!(read(&cut).is_err_and(|why| why.starts_with("network interface eth0: ")));
    let headless = datagram(RTM_NEWLINK, 0, &[0; 8]);
    assert!(read(&headless).is_err_and(|why| why.starts_with("network interface without a number: ")));
}

#[test]
fn other_messages_are_no_links() {
    let bytes = datagram(RTM_NEWLINK + 1, 0, &[0; 16]);
    assert!(Link::read(&messages(&bytes).next().expect("a message")).is_none());
}

#[test]
fn requests_are_laid_out_as_the_kernel_declares_them() {
    // include/uapi/linux/{netlink,rtnetlink,if_link}.h: struct nlmsghdr, struct ifinfomsg, attributes.
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let all = link_request(0, 0x300, &[LinkExtentMask::SkipStats]);
    assert_eq!(all.finish(9), words(&[40, 18 | 0x301 << 16, 9, 0, 0, 0, 0, 0, 8 | 29 << 16, 8]));
    let vfs = link_request(3, NLM_F_ACK, &[LinkExtentMask::Vf, LinkExtentMask::SkipStats]);
    assert_eq!(vfs.finish(9), words(&[40, 18 | 5 << 16, 9, 0, 0, 3, 0, 0, 8 | 29 << 16, 9]));
    let named = link_request_by_name(&"eth0".parse().expect("a name"));
    let name = words(&[9 | 3 << 16, u32::from_le_bytes(*b"eth0"), 0]);
    assert_eq!(named.finish(9)[40..], name);
    assert_eq!(link_change(3, 1, 1).finish(9), words(&[32, 19 | 5 << 16, 9, 0, 0, 3, 1, 1]));
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_stumble(
        (kind, header) in prop::sample::select(vec![(RTM_NEWLINK, 16), (RTM_NEWADDR, 8), (RTM_NEWROUTE, 12)]),
        fixed in prop::collection::vec(prop::sample::select(vec![0u8, 1, 2, 10, 254]), 0..17),
        attributes in prop::collection::vec((0..60u16, prop::collection::vec(any::<u8>(), 0..24)), 0..5),
        cut in 0..4usize,
    ) {
        let attributes = attributes.iter().flat_map(|(kind, payload)| attribute(*kind, payload));
        let mut payload: Vec<u8> = fixed.into_iter().take(header).chain(attributes).collect();
        payload.truncate(payload.len().saturating_sub(cut));
        let bytes = datagram(kind, 0, &payload);
        let message = messages(&bytes).next().expect("a message");
        let _ = (Link::read(&message), read_address(&message), read_default_route(&message));
    }
}
