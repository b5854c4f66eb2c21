//! Table tests: what each driver's row takes, refuses and shows.

use vfctl_model::{VfAttribute, VfValue};
use vfctl_port::Outcome;
use vfctl_sim::Errno;

use crate::words::{
    address, by_hand, hand, host, is_value, other_value, pf, raw, reading, refused, set_count, set_vf, vf,
};

const NETWORK_DRIVERS: &[&str] =
    &["igb", "ixgbe", "i40e", "ice", "mlx5_core", "bnxt_en", "netdevsim", "somebodys_driver"];

#[test]
fn every_driver_takes_a_value_and_shows_it_or_refuses_it_and_changes_nothing() {
    for driver in NETWORK_DRIVERS {
        let host = host(driver, 2);
        if *driver == "ixgbe" {
            by_hand(&host, "speed eth0 10000");
        }
        for attribute in VfAttribute::ALL {
            let before = reading(&host, 1, *attribute);
            let value = other_value(*attribute, 1);
            match set_vf(&host, 1, *attribute, &value.to_string()) {
                Outcome::Done => {
                    let raw = raw(&host, 1, *attribute);
                    assert!(is_value(&raw, value), "{driver} {attribute}: {raw}");
                }
                outcome => {
                    assert_eq!(refused(&outcome), Some(Errno::EOPNOTSUPP), "{driver} {attribute}");
                    assert_eq!(reading(&host, 1, *attribute), before, "{driver} {attribute}");
                }
            }
        }
    }
}

#[test]
fn every_driver_takes_and_refuses_as_its_row_says() {
    use VfAttribute::{LinkState, MacAddress, QueryRss, Rate, SpoofCheck, Trust, Vlan};
    let none: Option<Errno> = None;
    let cases: &[(&str, VfAttribute, &str, Option<Errno>)] = &[
        ("igb", LinkState, "enable", Some(Errno::EOPNOTSUPP)),
        ("igb", QueryRss, "on", Some(Errno::EOPNOTSUPP)),
        ("igb", Vlan, "100 proto 802.1ad", Some(Errno::EPROTONOSUPPORT)),
        ("igb", Vlan, "0 qos 5", none),
        ("igb", Rate, "min 100 max 200", Some(Errno::EINVAL)),
        ("igb", Rate, "max 1001", Some(Errno::EINVAL)),
        ("igb", Rate, "max 1000", none),
        ("igb", Trust, "on", none),
        ("igb", SpoofCheck, "off", none),
        ("ixgbe", Rate, "max 10", Some(Errno::EINVAL)),
        ("ixgbe", Rate, "max 11", none),
        ("ixgbe", QueryRss, "on", none),
        ("i40e", QueryRss, "on", Some(Errno::EOPNOTSUPP)),
        ("i40e", Rate, "min 1", Some(Errno::EINVAL)),
        ("i40e", LinkState, "enable", none),
        ("ice", Rate, "min 100 max 200", none),
        ("ice", Vlan, "5 proto 802.1ad", Some(Errno::EPROTONOSUPPORT)),
        ("mlx5_core", QueryRss, "on", Some(Errno::EOPNOTSUPP)),
        ("mlx5_core", Rate, "min 100 max 200", none),
        ("mlx5_core", Vlan, "5 proto 802.1ad", Some(Errno::EPROTONOSUPPORT)),
        ("bnxt_en", Vlan, "0 qos 5", Some(Errno::EINVAL)),
        ("bnxt_en", Rate, "max 25001", Some(Errno::EINVAL)),
        ("netdevsim", Vlan, "100 proto 802.1ad", none),
        ("netdevsim", Rate, "min 100 max 200", none),
        ("netdevsim", LinkState, "disable", none),
        ("netdevsim", QueryRss, "on", none),
        ("somebodys_driver", QueryRss, "on", Some(Errno::EOPNOTSUPP)),
    ];
    for (driver, attribute, value, errno) in cases {
        let outcome = set_vf(&host(driver, 1), 0, *attribute, value);
        assert_eq!(refused(&outcome), *errno, "{driver} {attribute} {value}: {outcome:?}");
    }
    for driver in NETWORK_DRIVERS {
        let host = host(driver, 1);
        let multicast = set_vf(&host, 0, MacAddress, "01:00:5e:00:00:01");
        assert_eq!(refused(&multicast), Some(Errno::EINVAL), "{driver}");
        let crossed = set_vf(&host, 0, Rate, "min 200 max 100");
        assert_eq!(refused(&crossed), Some(Errno::EINVAL), "{driver}");
    }
}

#[test]
fn new_vfs_show_what_their_driver_and_the_kernels_presets_say() {
    use VfAttribute::{LinkState, QueryRss, SpoofCheck, Trust, Vlan};
    let cases: &[(&str, VfAttribute, &str)] = &[
        ("igb", SpoofCheck, "on"),
        ("igb", Trust, "off"),
        ("igb", LinkState, "auto"),
        ("igb", QueryRss, "not reported"),
        ("igb", Vlan, "none"),
        ("ixgbe", QueryRss, "off"),
        ("i40e", QueryRss, "not reported"),
        ("mlx5_core", SpoofCheck, "off"),
        ("mlx5_core", QueryRss, "off"),
        ("bnxt_en", SpoofCheck, "off"),
        ("netdevsim", SpoofCheck, "off"),
        ("netdevsim", Trust, "off"),
        ("netdevsim", QueryRss, "off"),
        ("netdevsim", LinkState, "auto"),
    ];
    for (driver, attribute, value) in cases {
        assert_eq!(reading(&host(driver, 1), 0, *attribute), *value, "{driver} {attribute}");
    }
}

#[test]
fn nvme_has_no_interface_to_set_an_attribute_through() {
    let host = host("nvme", 2);
    assert_eq!(pf(&host).vf_count, 2);
    assert!(vf(&host, 0).attributes.0.is_empty());
    assert!(vf(&host, 0).netdev.is_none());
    assert_eq!(refused(&set_vf(&host, 0, VfAttribute::Trust, "on")), Some(Errno::ENODEV));
}

#[test]
fn nvme_vfs_are_not_ready_for_their_driver_but_vfio_takes_them() {
    let host = host("nvme", 2);
    let device = address(&host);
    assert_eq!(vf(&host, 0).driver, None);
    assert_eq!(hand(&host, &format!("driver {device} vf 0 nvme")), Err(Some(Errno::ENODEV.0)));
    by_hand(&host, &format!("driver {device} vf 0 vfio-pci"));
    assert!(vf(&host, 0).driver.is_some());
}

#[test]
fn ixgbe_accepts_link_state_enable_and_does_not_keep_it() {
    let host = host("ixgbe", 1);
    assert_eq!(set_vf(&host, 0, VfAttribute::LinkState, "enable"), Outcome::Done);
    assert_eq!(reading(&host, 0, VfAttribute::LinkState), "auto");
}

#[test]
fn netdevsim_keeps_the_lower_sixteen_bits_of_a_rate() {
    let host = host("netdevsim", 1);
    assert_eq!(set_vf(&host, 0, VfAttribute::Rate, "max 70000"), Outcome::Done);
    assert_eq!(reading(&host, 0, VfAttribute::Rate), "max 4464");
}

#[test]
fn no_vlan_reads_back_without_a_protocol() {
    let host = host("netdevsim", 1);
    assert_eq!(set_vf(&host, 0, VfAttribute::Vlan, "0 proto 802.1ad"), Outcome::Done);
    assert_eq!(reading(&host, 0, VfAttribute::Vlan), "none");
}

#[test]
fn netdevsim_takes_no_rate_in_switchdev_mode_which_ends_with_its_vfs() {
    let host = host("netdevsim", 1);
    by_hand(&host, "eswitch eth0 switchdev");
    assert_eq!(refused(&set_vf(&host, 0, VfAttribute::Rate, "max 5")), Some(Errno::EOPNOTSUPP));
    assert_eq!(set_vf(&host, 0, VfAttribute::Trust, "on"), Outcome::Done);
    by_hand(&host, "count eth0 0");
    by_hand(&host, "count eth0 1");
    assert_eq!(set_vf(&host, 0, VfAttribute::Rate, "max 5"), Outcome::Done);
    assert_eq!(hand(&crate::words::host("igb", 0), "eswitch eth0 legacy"), Err(Some(Errno::EOPNOTSUPP.0)));
}

#[test]
fn i40e_refuses_with_again_while_a_vf_is_reset_and_takes_the_attribute_then() {
    use vfctl_port::Clock;
    let host = host("i40e", 1);
    assert_eq!(set_vf(&host, 0, VfAttribute::MacAddress, "02:00:00:00:00:01"), Outcome::Done);
    let before = host.now();
    assert_eq!(set_vf(&host, 0, VfAttribute::Trust, "on"), Outcome::Done);
    assert!(host.now() > before, "the attribute had to be tried again");
}

#[test]
fn igb_mac_shows_at_once_and_takes_effect_when_the_vf_driver_is_bound_again() {
    let host = host("igb", 1);
    let own = vf(&host, 0).netdev.unwrap().mac;
    assert_eq!(reading(&host, 0, VfAttribute::MacAddress), own.to_string());
    assert_eq!(set_vf(&host, 0, VfAttribute::MacAddress, "02:00:00:00:00:01"), Outcome::Done);
    assert_eq!(reading(&host, 0, VfAttribute::MacAddress), "02:00:00:00:00:01");
    assert_eq!(vf(&host, 0).netdev.unwrap().mac, own);
    by_hand(&host, "driver eth0 vf 0 default");
    assert_eq!(vf(&host, 0).netdev.unwrap().mac.to_string(), "02:00:00:00:00:01");
}

#[test]
fn given_up_mac_of_igb_reads_as_zero_until_the_vf_is_reset() {
    for step in ["vf-mtu eth0 vf 0 1400", "driver eth0 vf 0 none"] {
        let host = host("igb", 1);
        let own = reading(&host, 0, VfAttribute::MacAddress);
        by_hand(&host, "set eth0 vf 0 macAddress 02:00:00:00:00:01");
        by_hand(&host, "set eth0 vf 0 macAddress default");
        assert_eq!(reading(&host, 0, VfAttribute::MacAddress), "00:00:00:00:00:00");
        by_hand(&host, step);
        assert_eq!(reading(&host, 0, VfAttribute::MacAddress), own, "{step}");
    }
}

#[test]
fn mac_that_a_vf_chose_while_its_pf_was_down_does_not_show() {
    let host = host("igb", 0);
    by_hand(&host, "admin eth0 down");
    by_hand(&host, "count eth0 1");
    by_hand(&host, "admin eth0 up");
    assert_eq!(reading(&host, 0, VfAttribute::MacAddress), "00:00:00:00:00:00");
    assert_ne!(vf(&host, 0).netdev.unwrap().mac, vfctl_model::MacAddress::ZERO);
}

#[test]
fn zero_mac_gives_up_the_set_one_and_the_vf_driver_picks_its_own_when_it_starts() {
    let zero = "00:00:00:00:00:00";
    for (driver, rebind, shown_as_zero) in
        [("igb", true, false), ("ixgbe", true, false), ("i40e", false, false), ("mlx5_core", true, true)]
    {
        let host = host(driver, 1);
        assert_eq!(set_vf(&host, 0, VfAttribute::MacAddress, "02:00:00:00:00:01"), Outcome::Done);
        assert_eq!(set_vf(&host, 0, VfAttribute::MacAddress, zero), Outcome::Done, "{driver}");
        if rebind {
            assert_eq!(reading(&host, 0, VfAttribute::MacAddress), zero, "{driver}");
            by_hand(&host, "driver eth0 vf 0 default");
        }
        let own = vf(&host, 0).netdev.unwrap().mac;
        assert_ne!(own.to_string(), "02:00:00:00:00:01", "{driver}");
        let shown = if shown_as_zero { zero.to_owned() } else { own.to_string() };
        assert_eq!(reading(&host, 0, VfAttribute::MacAddress), shown, "{driver}");
    }
    let host = host("netdevsim", 1);
    assert_eq!(set_vf(&host, 0, VfAttribute::MacAddress, "02:00:00:00:00:01"), Outcome::Done);
    assert_eq!(set_vf(&host, 0, VfAttribute::MacAddress, zero), Outcome::Done);
    assert_eq!(reading(&host, 0, VfAttribute::MacAddress), zero);
}

#[test]
fn attributes_go_with_the_vfs_but_netdevsims_outlive_them() {
    for (driver, after) in [("igb", "none"), ("netdevsim", "100")] {
        let host = host(driver, 2);
        assert_eq!(set_vf(&host, 1, VfAttribute::Vlan, "100"), Outcome::Done);
        assert_eq!(set_count(&host, 0), Outcome::Done);
        assert_eq!(set_count(&host, 2), Outcome::Done);
        host.settle();
        assert_eq!(reading(&host, 1, VfAttribute::Vlan), after, "{driver}");
    }
}

#[test]
fn bnxt_leaves_the_count_without_a_word_while_the_pf_is_down() {
    let host = host("bnxt_en", 0);
    by_hand(&host, "admin eth0 down");
    assert_eq!(set_count(&host, 2), Outcome::Done);
    host.settle();
    assert_eq!(pf(&host).vf_count, 0);
    by_hand(&host, "admin eth0 up");
    by_hand(&host, "count eth0 2");
    assert_eq!(pf(&host).vf_count, 2);
}

#[test]
fn factory_values_are_taken_by_every_driver_that_has_the_attribute() {
    for driver in NETWORK_DRIVERS {
        let host = host(driver, 1);
        for attribute in VfAttribute::ALL {
            let outcome = set_vf(&host, 0, *attribute, &attribute.factory().to_string());
            let errno = refused(&outcome);
            assert!(outcome == Outcome::Done || errno == Some(Errno::EOPNOTSUPP), "{driver} {attribute}");
            if outcome == Outcome::Done && attribute.factory() != VfValue::Mac(vfctl_model::MacAddress::ZERO)
            {
                assert!(is_value(&raw(&host, 0, *attribute), attribute.factory()));
            }
        }
    }
}
