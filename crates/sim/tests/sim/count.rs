//! Rules of the VF count.

use std::time::Duration;

use vfctl_model::{DeviceAddress, VfAttribute};
use vfctl_port::{Action, ActionKind, Clock, Op, Outcome, Target};
use vfctl_sim::{Errno, Fault, PfSeed, SimHost};

use crate::words::{by_hand, facts, hand, host, perform, pf, refused, set_count, set_vf, vf};

#[test]
fn count_change_between_two_that_are_not_zero_is_busy() {
    for driver in ["igb", "netdevsim"] {
        let host = host(driver, 3);
        assert_eq!(refused(&set_count(&host, 5)), Some(Errno::EBUSY), "{driver}");
        assert_eq!(pf(&host).vf_count, 3);
    }
}

#[test]
fn count_that_is_there_already_is_taken_and_nothing_happens() {
    let host = host("igb", 3);
    set_vf(&host, 0, VfAttribute::Vlan, "100");
    let before = facts(&host);
    assert_eq!(set_count(&host, 3), Outcome::Done);
    assert_eq!(facts(&host), before);
}

#[test]
fn count_above_the_total_is_out_of_range_on_pci_and_out_of_memory_on_netdevsim() {
    for (driver, errno) in [("igb", Errno::ERANGE), ("netdevsim", Errno::ENOMEM)] {
        assert_eq!(refused(&set_count(&host(driver, 0), 8)), Some(errno), "{driver}");
    }
}

#[test]
fn count_of_a_pf_without_driver_is_no_entry() {
    let host = SimHost::builder().pf(PfSeed::default()).build();
    assert_eq!(refused(&set_count(&host, 2)), Some(Errno::ENOENT));
}

#[test]
fn count_of_a_pf_that_is_not_there_is_no_device() {
    let host = host("igb", 0);
    let pf: DeviceAddress = "pci/0000:99:00.0".parse().unwrap();
    for action in [Action::CreateVfs(1), Action::RemoveVfs] {
        let op = Op { target: Target::Pf(pf.clone()), action };
        assert_eq!(refused(&perform(&host, op)), Some(Errno::ENODEV));
    }
}

#[test]
fn vfs_appear_late_first_the_link_then_the_driver_then_the_interface() {
    let host = host("igb", 0);
    assert_eq!(set_count(&host, 2), Outcome::Done);
    assert_eq!(pf(&host).vf_count, 0);
    let mut seen = Vec::new();
    for _ in 0..40 {
        host.sleep(Duration::from_millis(50));
        let now = pf(&host).vfs.values().next().map(|vf| (vf.driver.is_some(), vf.netdev.is_some()));
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    assert_eq!(seen, [None, Some((false, false)), Some((true, false)), Some((true, true))]);
    assert_eq!(pf(&host).vf_count, 2);
}

#[test]
fn vfs_take_attributes_from_the_moment_of_the_count_on() {
    let host = host("igb", 0);
    assert_eq!(set_count(&host, 2), Outcome::Done);
    assert_eq!(set_vf(&host, 1, VfAttribute::Trust, "on"), Outcome::Done);
}

#[test]
fn attribute_of_a_vf_past_the_count_is_invalid() {
    for driver in ["igb", "netdevsim"] {
        let host = host(driver, 2);
        assert_eq!(refused(&set_vf(&host, 2, VfAttribute::Trust, "on")), Some(Errno::EINVAL), "{driver}");
    }
}

#[test]
fn vfs_lie_where_offset_and_stride_say_and_have_a_group_each() {
    let host = host("igb", 3);
    let vfs = pf(&host).vfs;
    let addresses: Vec<_> = vfs.values().map(|vf| vf.pci.unwrap().to_string()).collect();
    assert_eq!(addresses, ["0000:01:10.0", "0000:01:10.2", "0000:01:10.4"]);
    let groups: std::collections::BTreeSet<_> = vfs.into_values().map(|vf| vf.iommu_group).collect();
    assert_eq!(groups.len(), 3);
    assert_eq!(facts(&host).system.iommu.groups, 4);
    assert_eq!(set_count(&host, 0), Outcome::Done);
    assert_eq!(facts(&host).system.iommu.groups, 1);
}

#[test]
fn group_of_a_new_vf_has_the_lowest_number_that_is_free() {
    let seed = || PfSeed { vf_count: 2, ..PfSeed::new("igb".parse().unwrap(), 7) };
    let host = SimHost::builder().pf(seed()).pf(seed()).build();
    let groups = |host: &SimHost| -> Vec<Vec<u32>> {
        let pfs = facts(host).physical_functions.into_values();
        pfs.map(|pf| pf.vfs.into_values().map(|vf| vf.iommu_group.unwrap().number).collect()).collect()
    };
    assert_eq!(groups(&host), [[2, 3], [4, 5]]);
    by_hand(&host, "count eth0 0");
    by_hand(&host, "count eth1 0");
    by_hand(&host, "count eth1 2");
    by_hand(&host, "count eth0 2");
    assert_eq!(groups(&host), [[4, 5], [2, 3]]);
}

#[test]
fn count_of_zero_destroys_every_vf_in_whatever_namespace_it_is() {
    let host = host("igb", 3);
    by_hand(&host, "netns eth0 vf 1 blue");
    assert_eq!(set_count(&host, 0), Outcome::Done);
    assert!(pf(&host).vfs.is_empty());
    assert_eq!(hand(&host, "netns-back blue"), Err(Some(Errno::ENOENT.0)));
}

#[test]
fn driver_may_enable_fewer_vfs_than_asked_for_without_a_word() {
    let host = host("igb", 0);
    host.inject(ActionKind::CreateVfs, None, Fault::FewerVfs(2));
    assert_eq!(set_count(&host, 5), Outcome::Done);
    host.settle();
    assert_eq!(pf(&host).vf_count, 3);
}

#[test]
fn vfs_of_a_pf_with_autoprobe_off_stay_without_driver() {
    let host = host("igb", 0);
    by_hand(&host, "autoprobe eth0 off");
    by_hand(&host, "count eth0 2");
    assert_eq!((vf(&host, 0).driver, vf(&host, 0).netdev), (None, None));
}

#[test]
fn vfs_without_a_driver_in_the_kernel_stay_without_one() {
    let host = host("somebodys_driver", 2);
    assert_eq!(vf(&host, 1).driver, None);
}

#[test]
fn count_change_leaves_igb_without_carrier_for_seconds() {
    let host = host("igb", 0);
    assert_eq!(set_count(&host, 2), Outcome::Done);
    assert!(!pf(&host).netdev.unwrap().carrier);
    host.sleep(Duration::from_secs(2));
    assert!(!pf(&host).netdev.unwrap().carrier);
    host.sleep(Duration::from_secs(1));
    assert!(pf(&host).netdev.unwrap().carrier);
}
