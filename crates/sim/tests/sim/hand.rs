//! The vocabulary of what is done by hand.

use vfctl_model::{VfAttribute, VfIndex};
use vfctl_sim::{Errno, Hand, HandError};

use crate::words::{by_hand, facts, hand, host, pf, reading, vf};

#[test]
fn every_line_of_the_vocabulary_is_read() {
    for line in [
        "set eth0 vf 0 macAddress 02:00:00:00:00:01",
        "set eth0 vf 0 vlan 100",
        "set eth0 vf 0 vlan 100:3:802.1ad",
        "set eth0 vf 0 vlan none",
        "set eth0 vf 0 trust on",
        "set eth0 vf 0 spoofCheck off",
        "set eth0 vf 0 linkState disable",
        "set eth0 vf 0 rate 0:500",
        "set eth0 vf 0 queryRss default",
        "set-each eth0 0-3 macAddress 02:00:00:00:00:01",
        "set-each eth0 0-3 vlan 100",
        "count eth0 4",
        "admin eth0 up",
        "carrier eth0 off",
        "speed eth0 100",
        "mtu eth0 9000",
        "autoprobe eth0 off",
        "driver eth0 vf 0 none",
        "driver eth0 vf 0 default",
        "driver eth0 vf 0 vfio-pci",
        "vf-mtu eth0 vf 0 1400",
        "netns eth0 vf 0 blue",
        "netns-back blue",
        "vfio-open eth0 vf 0",
        "vfio-close",
        "remove-pf pci/0000:01:00.0",
        "rescan",
        "bond bond0 eth0 eth1",
        "unbond bond0",
        "bridge br0 eth0",
        "unbridge br0",
        "eswitch eth0 switchdev",
        "altname eth0 uplink",
        "address eth0 192.0.2.1/24",
        "default-route eth0",
        "fault createVfs refuse EBUSY",
        "fault removeVfs refuse EBUSY",
        "fault bindDriver on eth0 hang",
        "fault setVfAttribute transient 2",
        "fault setVfAttribute lie",
        "fault createVfs fewer 1",
        "fault setVfAttribute none",
        "ssh eth0",
        "wait 5",
    ] {
        assert!(Hand::parse(line).is_ok(), "{line}: {:?}", Hand::parse(line));
    }
}

#[test]
fn lines_that_are_no_vocabulary_say_which_word() {
    for line in ["", "dance", "count eth0", "bond bond0", "set eth0 0 trust on"] {
        assert_eq!(Hand::parse(line), Err(HandError::Unknown(line.to_owned())));
    }
    for line in [
        "count eth0 many",
        "set eth0 vf 0 colour red",
        "set eth0 vf 0 vlan 5000",
        "set eth0 vf 0 vlan 1:2:802.1Q:x",
        "set eth0 vf 0 rate 5",
        "set-each eth0 3-0 vlan 1",
        "set-each eth0 0-3 trust on",
        "fault dance lie",
        "fault setVfCount lie",
        "fault setVfAttribute refuse EWHAT",
        "admin eth0 sideways",
    ] {
        assert!(matches!(Hand::parse(line), Err(HandError::Word { .. })), "{line}");
    }
}

#[test]
fn attributes_are_set_by_hand_under_the_kernels_rules() {
    let host = host("igb", 4);
    by_hand(&host, "set eth0 vf 2 vlan 100:3");
    assert_eq!(reading(&host, 2, VfAttribute::Vlan), "100 qos 3");
    by_hand(&host, "set eth0 vf 2 vlan default");
    assert_eq!(reading(&host, 2, VfAttribute::Vlan), "none");
    assert_eq!(hand(&host, "set eth0 vf 2 linkState enable"), Err(Some(Errno::EOPNOTSUPP.0)));
    assert_eq!(hand(&host, "set eth0 vf 4 trust on"), Err(Some(Errno::EINVAL.0)));
    assert_eq!(hand(&host, "count eth0 2"), Err(Some(Errno::EBUSY.0)));
}

#[test]
fn each_vf_gets_the_next_value() {
    let host = host("igb", 4);
    by_hand(&host, "set-each eth0 1-3 macAddress 02:00:00:00:00:ff");
    by_hand(&host, "set-each eth0 1-3 vlan 10");
    let macs: Vec<_> = (1..4).map(|vf| reading(&host, vf, VfAttribute::MacAddress)).collect();
    assert_eq!(macs, ["02:00:00:00:00:ff", "02:00:00:00:01:00", "02:00:00:00:01:01"]);
    assert_eq!(reading(&host, 3, VfAttribute::Vlan), "12");
    assert_eq!(reading(&host, 0, VfAttribute::Vlan), "none");
}

#[test]
fn a_pf_is_named_by_interface_altname_or_address() {
    let host = host("igb", 0);
    by_hand(&host, "altname eth0 uplink");
    for device in ["eth0", "uplink", "pci/0000:01:00.0", "0000:01:00.0"] {
        by_hand(&host, &format!("count {device} 2"));
        assert_eq!(pf(&host).vf_count, 2, "{device}");
        by_hand(&host, &format!("count {device} 0"));
    }
    assert_eq!(hand(&host, "count eth7 2"), Err(Some(Errno::ENODEV.0)));
}

#[test]
fn host_is_settled_after_what_is_done_by_hand() {
    let host = host("igb", 0);
    by_hand(&host, "count eth0 2");
    assert!(vf(&host, 1).netdev.is_some());
    assert!(pf(&host).netdev.unwrap().carrier);
    let names: Vec<_> = facts(&host).physical_functions.into_values().collect();
    let vf = &names[0].vfs[&VfIndex(0)];
    assert_eq!(vf.netdev.as_ref().unwrap().name.as_str(), "eth1");
}
