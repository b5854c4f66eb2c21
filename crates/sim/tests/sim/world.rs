//! The world as a value: saved, loaded, started from recorded facts.

use vfctl_model::VfAttribute;
use vfctl_port::{Clock, HostFacts, Journal, JournalEntry, Observe, Outcome};
use vfctl_sim::{SimHost, SimWorld};

use crate::words::{by_hand, host, pf, reading, set_count, set_vf, vf};

/// Saves and loads, as two runs of a scenario do.
fn next_run(host: SimHost) -> SimHost {
    SimHost::new(SimWorld::load(&host.into_world().save().unwrap()).unwrap())
}

#[test]
fn world_is_the_same_after_it_was_saved_and_loaded() {
    let host = host("i40e", 3);
    for line in [
        "set eth0 vf 0 macAddress 02:00:00:00:00:01",
        "driver eth0 vf 1 vfio-pci",
        "vfio-open eth0 vf 1",
        "netns eth0 vf 2 blue",
        "fault setVfCount on eth0 fewer 2",
    ] {
        by_hand(&host, line);
    }
    host.record(&JournalEntry::Ended { converged: true }).unwrap();
    assert!(matches!(set_count(&host, 0), Outcome::Unknown(_)));
    let world = host.into_world();
    assert_eq!(SimWorld::load(&world.save().unwrap()).unwrap(), world);
}

#[test]
fn what_is_on_its_way_arrives_in_a_later_run() {
    let host = host("igb", 0);
    set_count(&host, 2);
    let host = next_run(host);
    assert_eq!(pf(&host).vf_count, 0);
    host.settle();
    assert!(vf(&host, 1).netdev.is_some());
}

#[test]
fn world_of_recorded_facts_shows_just_these() {
    for driver in ["igb", "ixgbe", "i40e", "ice", "mlx5_core", "bnxt_en", "netdevsim", "nvme"] {
        let host = host(driver, 3);
        if driver == "igb" {
            by_hand(&host, "netns eth0 vf 0 blue");
            by_hand(&host, "driver eth0 vf 1 vfio-pci");
            by_hand(&host, "vfio-open eth0 vf 1");
            by_hand(&host, "set eth0 vf 2 macAddress 02:00:00:00:00:01");
        }
        let facts = host.observe_host().unwrap();
        let json = serde_json::to_string(&facts).unwrap();
        let recorded: HostFacts = serde_json::from_str(&json).unwrap();
        assert_eq!(SimHost::new(SimWorld::new(recorded)).observe_host().unwrap(), facts, "{driver}");
    }
}

#[test]
fn recorded_vf_in_a_namespace_gets_an_interface_when_it_comes_back() {
    let host = host("igb", 1);
    by_hand(&host, "netns eth0 vf 0 blue");
    let host = SimHost::new(SimWorld::new(host.observe_host().unwrap()));
    by_hand(&host, "netns-back blue");
    assert!(vf(&host, 0).netdev.is_some());
}

#[test]
fn recorded_mac_that_the_vf_does_not_have_was_set_by_the_pf() {
    let host = host("igb", 1);
    set_vf(&host, 0, VfAttribute::MacAddress, "02:00:00:00:00:01");
    let host = SimHost::new(SimWorld::new(host.observe_host().unwrap()));
    by_hand(&host, "driver eth0 vf 0 default");
    assert_eq!(vf(&host, 0).netdev.unwrap().mac.to_string(), "02:00:00:00:00:01");
    assert_eq!(reading(&host, 0, VfAttribute::MacAddress), "02:00:00:00:00:01");
}

#[test]
fn same_steps_give_the_same_bytes() {
    let run = || {
        let host = host("igb", 4);
        by_hand(&host, "driver eth0 vf 1 default");
        host.into_world().save().unwrap()
    };
    assert_eq!(run(), run());
}

#[test]
fn time_passes_only_when_somebody_lets_it() {
    let host = host("igb", 1);
    let before = host.now();
    host.observe_host().unwrap();
    assert_eq!(host.now(), before);
    by_hand(&host, "wait 5");
    assert_eq!(host.now(), before + std::time::Duration::from_secs(5));
}

#[test]
fn journal_keeps_entries_in_order() {
    let host = host("igb", 0);
    let ended = |converged| JournalEntry::Ended { converged };
    host.record(&ended(false)).unwrap();
    host.record(&ended(true)).unwrap();
    assert_eq!(host.journal(), [ended(false), ended(true)]);
}

#[test]
fn text_that_is_no_world_is_refused() {
    assert!(SimWorld::load("{}").is_err());
    assert!(SimWorld::load("{\"format\": \"vfctl.dev/sim/v2\"}").is_err());
}
