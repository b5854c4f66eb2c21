//! Rules of interfaces: names, carrier, speed, MTU.

use vfctl_model::{AttributeValue, VfAttribute, VfIndex};
use vfctl_port::{Action, AdminState, Op, Outcome, Target};
use vfctl_sim::Errno;

use crate::words::{address, by_hand, hand, host, on_eth0, perform, pf, reading, refused, set_vf, vf};

#[test]
fn interface_that_is_not_the_pfs_is_no_device() {
    let host = host("igb", 1);
    let interface = || "eth9".parse().unwrap();
    let of_pf = || Target::PfInterface(address(&host), interface());
    let of_vf = Target::VfThroughPf(address(&host), interface(), VfIndex(0));
    for (target, action) in [
        (of_vf, Action::SetVfAttribute(AttributeValue::factory(VfAttribute::Trust))),
        (of_pf(), Action::SetPfMtu(1500.try_into().unwrap())),
        (of_pf(), Action::SetPfAdminState(AdminState::Up)),
    ] {
        assert_eq!(refused(&perform(&host, Op { target, action })), Some(Errno::ENODEV));
    }
}

#[test]
fn altname_is_no_name_to_an_op() {
    let host = host("igb", 1);
    by_hand(&host, "altname eth0 uplink");
    let target = Target::PfInterface(address(&host), "uplink".parse().unwrap());
    let action = Action::SetPfMtu(9000.try_into().unwrap());
    assert_eq!(refused(&perform(&host, Op { target, action })), Some(Errno::ENODEV));
}

#[test]
fn pf_that_is_down_has_no_carrier_and_igb_takes_no_rate_then() {
    let host = host("igb", 1);
    by_hand(&host, "admin eth0 down");
    let netdev = pf(&host).netdev.unwrap();
    assert!(!netdev.up && !netdev.carrier && netdev.speed.is_none());
    assert_eq!(refused(&set_vf(&host, 0, VfAttribute::Rate, "max 100")), Some(Errno::EINVAL));
    by_hand(&host, "admin eth0 up");
    assert!(pf(&host).netdev.unwrap().carrier);
    assert_eq!(set_vf(&host, 0, VfAttribute::Rate, "max 100"), Outcome::Done);
}

#[test]
fn carrier_comes_back_seconds_after_the_pf_is_set_up() {
    let host = host("igb", 1);
    by_hand(&host, "admin eth0 down");
    let op = on_eth0(&host, Action::SetPfAdminState(AdminState::Up));
    assert_eq!(perform(&host, op), Outcome::Done);
    assert!(pf(&host).netdev.unwrap().up && !pf(&host).netdev.unwrap().carrier);
    host.settle();
    assert!(pf(&host).netdev.unwrap().carrier);
}

#[test]
fn netdevsim_stays_without_carrier_once_it_was_down_and_takes_rates_all_the_same() {
    let host = host("netdevsim", 1);
    assert!(pf(&host).netdev.unwrap().carrier);
    by_hand(&host, "admin eth0 down");
    by_hand(&host, "admin eth0 up");
    assert!(!pf(&host).netdev.unwrap().carrier);
    assert_eq!(set_vf(&host, 0, VfAttribute::Rate, "max 100"), Outcome::Done);
}

#[test]
fn link_of_another_speed_ends_igbs_rates_and_one_of_the_same_does_not() {
    let host = host("igb", 1);
    assert_eq!(set_vf(&host, 0, VfAttribute::Rate, "max 90"), Outcome::Done);
    by_hand(&host, "carrier eth0 off");
    assert!(!pf(&host).netdev.unwrap().carrier);
    by_hand(&host, "carrier eth0 on");
    assert_eq!(reading(&host, 0, VfAttribute::Rate), "max 90");
    by_hand(&host, "speed eth0 100");
    assert_eq!(reading(&host, 0, VfAttribute::Rate), "unlimited");
    assert_eq!(hand(&host, "set eth0 vf 0 rate 0:500"), Err(Some(Errno::EINVAL.0)));
}

#[test]
fn mtu_above_the_highest_is_invalid_and_one_within_resets_igbs_port() {
    let host = host("igb", 0);
    let op = |mtu: u32| on_eth0(&host, Action::SetPfMtu(mtu.try_into().unwrap()));
    assert_eq!(refused(&perform(&host, op(9217))), Some(Errno::EINVAL));
    assert_eq!(perform(&host, op(9216)), Outcome::Done);
    assert_eq!(pf(&host).netdev.unwrap().mtu, 9216);
    assert!(!pf(&host).netdev.unwrap().carrier);
}

#[test]
fn vf_mtu_is_bounded_by_its_driver_and_where_it_is_so_by_the_pfs() {
    for (driver, mtu, result) in [
        ("igb", 9000, Ok(())),
        ("igb", 9217, Err(Some(Errno::EINVAL.0))),
        ("mlx5_core", 9000, Err(Some(Errno::EINVAL.0))),
        ("mlx5_core", 1500, Ok(())),
    ] {
        let host = host(driver, 1);
        assert_eq!(hand(&host, &format!("vf-mtu eth0 vf 0 {mtu}")), result, "{driver}");
        if result.is_ok() {
            assert_eq!(vf(&host, 0).netdev.unwrap().mtu, mtu);
        }
    }
    let host = host("mlx5_core", 1);
    by_hand(&host, "mtu eth0 9000");
    by_hand(&host, "vf-mtu eth0 vf 0 9000");
}

#[test]
fn vf_mtu_needs_the_interface_in_this_namespace() {
    let host = host("igb", 2);
    by_hand(&host, "netns eth0 vf 0 blue");
    by_hand(&host, "driver eth0 vf 1 none");
    for vf in 0..2 {
        let line = format!("vf-mtu eth0 vf {vf} 1400");
        assert_eq!(hand(&host, &line), Err(Some(Errno::ENODEV.0)), "{line}");
    }
}
