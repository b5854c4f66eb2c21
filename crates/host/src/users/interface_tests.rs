//! Tests of who uses an interface.

use vfctl_port::{OwnershipRecord, SystemFacts};

use super::*;
use crate::netlink::{Elsewhere, test_link as link};

/// Returns the uses of a VF whose interface is `eth3`, number 3, beside these links.
fn uses(
    links: Vec<Link>,
    addresses: &[(u32, &str)],
    default_routes: &[u32],
    ssh: Option<&str>,
) -> Vec<String> {
    let own = links.iter().any(|link| link.index == 3);
    let links = links.into_iter().chain((!own).then(|| link(3, "eth3"))).collect();
    let addresses = addresses.iter().map(|(index, text)| (*index, text.parse().expect("an address")));
    let network = Network::new(links, addresses, default_routes.iter().copied());
    let system =
        SystemFacts { ssh_interface: ssh.map(|name| name.parse().expect("a name")), ..Default::default() };
    let host = host_of(system, &network);
    texts(uses_of_interfaces(&tree_with_eth3().1, Some(&network), &host, &Namespaces::default(), vf()))
}

fn host_of(system: SystemFacts, network: &Network) -> HostFacts {
    HostFacts {
        system,
        physical_functions: Default::default(),
        links: network.standing(),
        pci_functions: None,
        record: OwnershipRecord::default(),
        unread: Vec::new(),
    }
}

fn texts(uses: Vec<Use>) -> Vec<String> {
    uses.iter().map(Use::to_string).collect()
}

fn vf() -> PciAddress {
    "0000:01:10.0".parse().expect("an address")
}

/// Returns a machine whose VF has one interface.
fn tree_with_eth3() -> (tempfile::TempDir, Roots) {
    let folder = tempfile::tempdir().expect("a folder");
    let roots = Roots::under(folder.path());
    std::fs::create_dir_all(roots.function(vf()).join("net/eth3")).expect("a folder");
    (folder, roots)
}

fn vlan() -> Link {
    Link { lower: Some(3), kind: Some("vlan".to_owned()), ..link(7, "eth3.5") }
}

#[test]
fn interface_that_only_has_what_the_kernel_gives_to_all_is_free() {
    assert_eq!(uses(vec![], &[(3, "fe80::1/64"), (4, "10.0.0.1/8")], &[4], Some("eth4")), [""; 0]);
}

#[test]
fn interface_is_in_use_by_address_route_port_and_ssh() {
    let bond = Link { kind: Some("bond".to_owned()), ..link(9, "bond0") };
    let port = Link { master: Some((9, Some("bond".to_owned()))), ..link(3, "eth3") };
    assert_eq!(uses(vec![bond, port], &[], &[], None), ["port of bond bond0"]);
    assert_eq!(
        uses(vec![], &[(3, "2001:db8::1/64")], &[3], Some("eth3")),
        [
            "its interface has address 2001:db8::1/64",
            "default route through eth3",
            "this SSH connection runs through eth3"
        ]
    );
}

#[test]
fn interface_is_in_use_by_what_stands_on_it() {
    assert_eq!(
        uses(vec![vlan()], &[(7, "10.0.0.1/8")], &[7], Some("eth3.5")),
        [
            "vlan eth3.5 uses its interface",
            "eth3.5 has address 10.0.0.1/8",
            "default route through eth3.5",
            "this SSH connection runs through eth3.5"
        ]
    );
}

#[test]
fn interface_is_in_use_by_what_stands_on_it_without_address() {
    let of_kind = |index, name, kind: &str| Link { kind: Some(kind.to_owned()), ..link(index, name) };
    for kind in ["macvtap", "macvlan", "ipvlan", "vlan", "macsec"] {
        let upper = Link { lower: Some(3), ..of_kind(7, "upper0", kind) };
        assert_eq!(uses(vec![upper], &[], &[], None), [format!("{kind} upper0 uses its interface")]);
    }
    let bridged = Link { master: Some((8, Some("bridge".to_owned()))), ..vlan() };
    assert_eq!(
        uses(vec![bridged, of_kind(8, "br0", "bridge")], &[], &[], None),
        ["vlan eth3.5 uses its interface", "bridge br0 uses its interface"]
    );
    // A bond is listed once, as what it is a port of.
    let port = Link { master: Some((9, Some("bond".to_owned()))), ..link(3, "eth3") };
    let above = Link { lower: Some(9), ..of_kind(10, "bond0.5", "vlan") };
    assert_eq!(
        uses(vec![port, of_kind(9, "bond0", "bond"), above], &[], &[], None),
        ["port of bond bond0", "vlan bond0.5 uses its interface"]
    );
    // What stands on another interface is not this one's.
    let elsewhere = Link { lower: Some(4), ..of_kind(7, "eth4.5", "vlan") };
    assert_eq!(uses(vec![link(4, "eth4"), elsewhere], &[], &[], None), [""; 0]);
}

#[test]
fn interface_that_could_not_be_read_may_be_used_in_any_way() {
    let host = HostFacts {
        system: SystemFacts::default(),
        physical_functions: Default::default(),
        links: Default::default(),
        pci_functions: None,
        record: OwnershipRecord::default(),
        unread: Vec::new(),
    };
    let unread = ["possibly in use: its interface eth3 could not be read"];
    for network in [None, Some(&Network::default())] {
        assert_eq!(
            texts(uses_of_interfaces(&tree_with_eth3().1, network, &host, &Namespaces::default(), vf())),
            unread
        );
    }
}

#[test]
fn interface_is_in_use_by_what_stands_on_it_in_another_namespace() {
    let net1 = |index, lower, kind: &str| Link {
        lower_elsewhere: Some(Elsewhere { index: lower, namespace: 0 }),
        kind: Some(kind.to_owned()),
        ..link(index, "net1")
    };
    let mut namespaces = Namespaces::default();
    namespaces.add(vec![net1(2, 3, "macvlan"), net1(5, 4, "vlan")], "pod");
    let network = Network::new(vec![link(3, "eth3"), link(4, "eth4")], [], []);
    let host = host_of(SystemFacts::default(), &network);
    let uses = uses_of_interfaces(&tree_with_eth3().1, Some(&network), &host, &namespaces, vf());
    assert_eq!(texts(uses), ["macvlan net1 in network namespace pod uses its interface"]);
}
