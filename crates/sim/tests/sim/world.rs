//! The world as a value: saved, loaded, started from recorded facts.

use vfctl_model::VfAttribute;
use vfctl_port::{
    Action, Bounds, Clock, HostFacts, Journal, JournalEntry, Observe, Observed, OpError, Outcome, Perform,
    Scope, What,
};
use vfctl_sim::{SimHost, SimWorld};

use crate::words::{
    LIMIT, address, by_hand, facts, host, on_pf, pf, pf_alone, reading, set_count, set_vf, vf,
};

/// Saves and loads, as two runs of a scenario do.
fn next_run(host: SimHost) -> SimHost {
    let name = host.name().clone();
    SimHost::new(name, SimWorld::load(&host.into_world().save().unwrap()).unwrap())
}

/// Returns a host that starts with these facts.
fn recorded(facts: HostFacts) -> SimHost {
    SimHost::new("lab".parse().unwrap(), SimWorld::new(facts))
}

#[test]
fn world_is_the_same_after_it_was_saved_and_loaded() {
    let host = host("i40e", 3);
    for line in [
        "set eth0 vf 0 macAddress 02:00:00:00:00:01",
        "driver eth0 vf 1 vfio-pci",
        "vfio-open eth0 vf 1",
        "netns eth0 vf 2 blue",
        "fault createVfs on eth0 fewer 2",
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
        let seen = facts(&host);
        let json = serde_json::to_string(&seen).unwrap();
        let again = recorded(serde_json::from_str(&json).unwrap());
        assert_eq!(facts(&again), seen, "{driver}");
    }
}

#[test]
fn recorded_vf_in_a_namespace_gets_an_interface_when_it_comes_back() {
    let host = host("igb", 1);
    by_hand(&host, "netns eth0 vf 0 blue");
    let host = recorded(facts(&host));
    by_hand(&host, "netns-back blue");
    assert!(vf(&host, 0).netdev.is_some());
}

#[test]
fn recorded_mac_that_the_vf_does_not_have_was_set_by_the_pf() {
    let host = host("igb", 1);
    set_vf(&host, 0, VfAttribute::MacAddress, "02:00:00:00:00:01");
    let host = recorded(facts(&host));
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
    facts(&host);
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
fn host_is_reached_by_its_own_name_only() {
    let host = host("igb", 0);
    assert_eq!(host.scope().to_string(), "host localhost");
    for scope in [Scope::Host("other".parse().unwrap()), Scope::Cluster] {
        for what in [What::Whole, What::System, What::Pf(address(&host))] {
            assert!(host.observe(&scope, &what, LIMIT).is_err(), "{scope} {what:?}");
        }
        let before = facts(&host);
        let create = on_pf(&host, Action::CreateVfs(1));
        let outcomes = host.perform(&scope, &[create.clone(), create], Bounds::only(LIMIT));
        assert_eq!(outcomes.len(), 2);
        for outcome in outcomes {
            let Outcome::Refused(OpError { errno: None, cause, .. }) = outcome else { panic!("{outcome:?}") };
            assert_eq!(cause, format!("{scope} cannot be reached from here"));
        }
        host.settle();
        assert_eq!(facts(&host), before);
    }
}

#[test]
fn host_of_another_name_is_reached_by_that() {
    let host = SimHost::builder().name("other".parse().unwrap()).build();
    assert_eq!(host.scope(), Scope::Host("other".parse().unwrap()));
    assert!(host.observe(&host.scope(), &What::Whole, LIMIT).is_ok());
}

#[test]
fn system_and_one_pf_read_alone_are_as_in_the_whole() {
    let host = host("igb", 2);
    let whole = facts(&host);
    let system = host.observe(&host.scope(), &What::System, LIMIT).unwrap();
    assert_eq!(system, Observed::System(Box::new(whole.system)));
    assert_eq!(pf_alone(&host, &address(&host)), Some(pf(&host)));
}

#[test]
fn whole_but_for_other_pfs_has_the_one_or_none() {
    let host = host("igb", 2);
    let only = |pf| match host.observe(&host.scope(), &What::OnlyPf(pf), LIMIT).unwrap() {
        Observed::Host(facts) => *facts,
        other => panic!("{other:?}"),
    };
    let mut whole = facts(&host);
    assert_eq!(only(Some(address(&host))), whole);
    whole.physical_functions.clear();
    assert_eq!(only(None), whole);
}

#[test]
fn text_that_is_no_world_is_refused() {
    assert!(SimWorld::load("{}").is_err());
    assert!(SimWorld::load("{\"format\": \"vfctl.dev/sim/v2\"}").is_err());
}
