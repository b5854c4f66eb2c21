//! Who uses a VF, and what stands on interfaces.

use vfctl_port::Use;
use vfctl_sim::{Errno, PfSeed, SimHost};

use crate::words::{address, by_hand, facts, hand, host, pf, pf_alone, vf};

fn uses(host: &SimHost, index: u16) -> Vec<String> {
    vf(host, index).uses.iter().map(Use::to_string).collect()
}

#[test]
fn interface_in_another_namespace_is_not_seen_but_its_user_is() {
    let host = host("igb", 1);
    let before = vf(&host, 0);
    by_hand(&host, "netns eth0 vf 0 blue");
    assert!(vf(&host, 0).netdev.is_none());
    assert!(vf(&host, 0).driver.is_some());
    assert_eq!(uses(&host, 0), ["in network namespace blue"]);
    by_hand(&host, "netns-back blue");
    assert_eq!(vf(&host, 0), before);
}

#[test]
fn interface_goes_with_its_driver_from_any_namespace_and_comes_back_in_this_one() {
    let host = host("igb", 1);
    by_hand(&host, "netns eth0 vf 0 blue");
    by_hand(&host, "driver eth0 vf 0 default");
    assert!(vf(&host, 0).netdev.is_some());
    assert!(uses(&host, 0).is_empty());
}

#[test]
fn rereading_one_pf_does_not_look_at_users() {
    let host = host("igb", 1);
    by_hand(&host, "netns eth0 vf 0 blue");
    let again = pf_alone(&host, &address(&host)).unwrap();
    assert!(again.vfs.values().all(|vf| vf.uses.is_empty() && vf.netdev.is_none()));
}

#[test]
fn vfio_device_can_be_opened_only_of_a_vf_that_vfio_holds() {
    let host = host("igb", 2);
    assert_eq!(hand(&host, "vfio-open eth0 vf 0"), Err(Some(Errno::ENOENT.0)));
    by_hand(&host, "driver eth0 vf 0 vfio-pci");
    by_hand(&host, "vfio-open eth0 vf 0");
    assert!(vf(&host, 0).uses.iter().any(Use::blocks_the_kernel));
    by_hand(&host, "vfio-close");
    assert!(uses(&host, 0).is_empty());
}

#[test]
fn bond_and_bridge_have_ports_until_they_are_taken_away() {
    let host = host("igb", 1);
    let port = vf(&host, 0).netdev.unwrap().name;
    by_hand(&host, &format!("bond bond0 eth0 {port}"));
    by_hand(&host, "bridge br0 bond0");
    let seen = facts(&host);
    assert_eq!(seen.standing_on(&"eth0".parse().unwrap()).len(), 3);
    assert_eq!(pf(&host).netdev.unwrap().master.unwrap().kind, "bond");
    assert_eq!(uses(&host, 0), ["port of bond bond0", "bridge br0 uses its interface"]);
    assert_eq!(hand(&host, "bond bond0 eth0"), Err(Some(Errno::EEXIST.0)));
    assert_eq!(vf(&host, 0).netdev.map(|n| (n.mac, n.up)), pf(&host).netdev.map(|n| (n.mac, n.up)));
    by_hand(&host, "unbond bond0");
    assert!(!pf(&host).netdev.unwrap().up);
    by_hand(&host, "unbridge br0");
    assert!(facts(&host).links.is_empty());
    assert!(pf(&host).netdev.unwrap().master.is_none());
    assert!(uses(&host, 0).is_empty());
}

#[test]
fn port_of_one_bond_can_be_taken_into_another() {
    let host = host("igb", 1);
    let port = vf(&host, 0).netdev.unwrap().name;
    by_hand(&host, &format!("bond bond0 eth0 {port}"));
    by_hand(&host, &format!("bond bond1 eth0 {port}"));
    assert!(facts(&host).links[&"bond0".parse().unwrap()].lower.is_empty());
    assert_eq!(pf(&host).netdev.unwrap().master.unwrap().name.as_str(), "bond1");
    assert_eq!(uses(&host, 0), ["port of bond bond1"]);
}

#[test]
fn vf_that_is_destroyed_leaves_its_bond() {
    let host = host("igb", 1);
    let port = vf(&host, 0).netdev.unwrap().name;
    by_hand(&host, &format!("bond bond0 {port}"));
    by_hand(&host, "count eth0 0");
    let seen = facts(&host);
    assert!(seen.links[&"bond0".parse().unwrap()].lower.is_empty());
}

#[test]
fn addresses_routes_and_ssh_are_users_of_a_vf_and_facts_of_a_pf() {
    let host = host("igb", 1);
    let name = vf(&host, 0).netdev.unwrap().name;
    assert_eq!(hand(&host, &format!("default-route {name}")), Err(Some(Errno::ENETDOWN.0)));
    by_hand(&host, &format!("admin {name} up"));
    for device in ["eth0", name.as_str()] {
        by_hand(&host, &format!("address {device} 192.0.2.1/24"));
        by_hand(&host, &format!("default-route {device}"));
        by_hand(&host, &format!("ssh {device}"));
    }
    let netdev = pf(&host).netdev.unwrap();
    assert!(netdev.default_route);
    assert_eq!(netdev.addresses.len(), 1);
    assert_eq!(uses(&host, 0).len(), 3);
    assert_eq!(facts(&host).system.ssh_interface, Some(name));
}

#[test]
fn bond_sets_its_ports_up_and_gives_them_one_mac_until_it_is_gone() {
    let seed = || PfSeed::new("igb".parse().unwrap(), 7);
    let host = SimHost::builder().pf(seed()).pf(seed()).build();
    let macs = |host: &SimHost| -> Vec<_> {
        let pfs = facts(host).physical_functions.into_values();
        pfs.map(|pf| pf.netdev.unwrap()).map(|netdev| (netdev.mac, netdev.up)).collect()
    };
    by_hand(&host, "admin eth1 down");
    let before = macs(&host);
    by_hand(&host, "bond bond0 eth0 eth1");
    assert_eq!(macs(&host), [(before[0].0, true), (before[0].0, true)]);
    by_hand(&host, "unbond bond0");
    assert_eq!(macs(&host), [(before[0].0, false), (before[1].0, false)]);
}

#[test]
fn pf_that_is_removed_is_gone_and_comes_back_without_vfs() {
    let host = host("igb", 2);
    let address = address(&host);
    by_hand(&host, "autoprobe eth0 off");
    by_hand(&host, "mtu eth0 9000");
    by_hand(&host, "remove-pf eth0");
    assert_eq!(pf_alone(&host, &address), None);
    assert_eq!(hand(&host, "count eth0 1"), Err(Some(Errno::ENODEV.0)));
    by_hand(&host, "rescan");
    let back = pf(&host);
    assert_eq!((back.vf_count, back.netdev.map(|n| (n.mtu, n.up))), (0, Some((1500, false))));
    by_hand(&host, "admin eth0 up");
    by_hand(&host, "count eth0 2");
    assert!(vf(&host, 1).driver.is_some());
}
