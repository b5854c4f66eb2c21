//! Tests of what is put together from links, addresses and routes.

use netlink_packet_core::DecodeError;

use super::super::dump::Unread;
use super::*;

/// Returns an Ethernet interface that is up and stands alone.
pub(crate) fn link(index: u32, name: &str) -> Link {
    Link {
        index,
        name: name.parse().expect("a name"),
        altnames: BTreeSet::new(),
        mac: Some(vfctl_model::MacAddress::new([2, 0, 0, 0, 0, 1])),
        permanent_mac: None,
        mtu: 1500,
        max_mtu: None,
        up: true,
        carrier: true,
        master: None,
        lower: None,
        lower_elsewhere: None,
        kind: None,
        phys_port_name: None,
        parent: None,
    }
}

fn cidr(text: &str) -> Cidr {
    text.parse().expect("an address")
}

#[test]
fn what_stands_on_others_is_told_with_what_it_stands_on() {
    let of_kind = |index, name, kind: &str| Link { kind: Some(kind.to_owned()), ..link(index, name) };
    let port = Link { master: Some((4, Some("bond".to_owned()))), ..link(2, "eth0") };
    let links = vec![
        port.clone(),
        link(3, "eth1"),
        of_kind(4, "bond0", "bond"),
        Link { lower: Some(4), ..of_kind(5, "bond0.7", "vlan") },
        of_kind(6, "br0", "bridge"),
        Link { lower: Some(8), ..of_kind(7, "veth0", "veth") },
        Link { lower: Some(7), ..of_kind(8, "veth1", "veth") },
        of_kind(9, "dummy0", "dummy"),
    ];
    let network = Network::new(links, [(5, cidr("10.0.0.5/16"))], [5]);
    assert_eq!(network.master(&port).map(|master| master.name.to_string()).as_deref(), Some("bond0"));
    let standing = network.standing();
    let told: Vec<(&str, Vec<&str>)> = standing
        .iter()
        .map(|(name, link)| (name.as_str(), link.lower.iter().map(InterfaceName::as_str).collect()))
        .collect();
    assert_eq!(told, [("bond0", vec!["eth0"]), ("bond0.7", vec!["bond0"]), ("br0", vec![])]);
    let vlan = &standing[&"bond0.7".parse().expect("a name")];
    assert!(vlan.default_route && vlan.addresses.contains(&cidr("10.0.0.5/16")));
}

#[test]
fn holder_of_an_address_is_found_whatever_its_prefix() {
    let network = Network::new(vec![link(2, "eth0")], [(2, cidr("192.0.2.1/24"))], []);
    let holder =
        |address: &str| network.holder_of(address.parse().expect("an address")).map(|link| link.index);
    assert_eq!((holder("192.0.2.1"), holder("192.0.2.2")), (Some(2), None));
}

#[test]
fn what_could_not_be_decoded_is_told_beside_what_was() {
    let source = || DecodeError::from("cut short");
    let links = Dump {
        found: vec![link(2, "eth0")],
        unread: vec![Unread::Link { interface: "eth1".to_owned(), source: source() }],
    };
    let addresses = Dump {
        found: vec![(2, cidr("192.0.2.1/24"))],
        unread: vec![Unread::Address { index: 3, source: source() }],
    };
    let route = DefaultRoute { interfaces: vec![2], ipv4: Some(2) };
    let routes = Dump { found: vec![route], unread: vec![Unread::DefaultRoute { source: source() }] };
    let network = Network::of_dumps(links, addresses, routes);
    let eth0 = network.link(&"eth0".parse().expect("a name")).expect("an interface");
    assert!(network.has_default_route(eth0) && network.addresses(eth0).len() == 1);
    assert_eq!(network.ipv4_default_routes(), BTreeSet::from(["eth0".parse().expect("a name")]));
    let unread = [
        "network interface eth1: cut short",
        "an address of network interface number 3: cut short",
        "a default route: cut short",
    ];
    assert_eq!(network.unread(), unread);
}
