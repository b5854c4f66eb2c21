//! Several hosts and a cluster as one edge.

use std::collections::BTreeMap;
use std::time::Duration;

use vfctl_model::HostName;
use vfctl_port::{
    Action, Bounds, Clock, ClusterFacts, Journal, JournalEntry, Observe, Observed, Op, OpError, Outcome,
    Perform, PfFacts, Scope, Target, What,
};
use vfctl_sim::{Errno, Hand, PfSeed, SimCluster, SimHost, SimScopes};

use crate::words::LIMIT;

fn name(host: &str) -> HostName {
    host.parse().unwrap()
}

fn scope(host: &str) -> Scope {
    Scope::Host(name(host))
}

/// Returns a cluster without objects, in which no plugin finds anything.
fn empty_cluster() -> SimCluster {
    SimCluster::new(ClusterFacts::default(), Box::new(|_, _| BTreeMap::new()))
}

/// Returns hosts `a` and `b`, each with an igb PF without VFs.
fn scopes(cluster: Option<SimCluster>) -> SimScopes {
    let world = || SimHost::builder().pf(PfSeed::new("igb".parse().unwrap(), 7)).world();
    SimScopes::new([(name("a"), world()), (name("b"), world())].into(), cluster)
}

fn on_pf(action: Action) -> Op {
    Op { target: Target::Pf("pci/0000:01:00.0".parse().unwrap()), action }
}

fn perform(scopes: &SimScopes, scope: &Scope, action: Action) -> Outcome {
    scopes.perform(scope, &[on_pf(action)], Bounds::only(LIMIT)).pop().unwrap()
}

fn by_hand(scopes: &SimScopes, host: &str, line: &str) -> Result<(), OpError> {
    scopes.by_hand(&name(host), &Hand::parse(line).unwrap())
}

fn pf(scopes: &SimScopes, host: &str) -> PfFacts {
    scopes.world().hosts[&name(host)].physical_functions.values().next().unwrap().clone()
}

/// Returns why the edge itself refused an op.
fn own_error(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused(OpError { errno: None, cause, .. }) => cause,
        other => panic!("{other:?}"),
    }
}

#[test]
fn op_on_one_host_changes_only_that_one() {
    let scopes = scopes(None);
    let before = scopes.world();
    assert_eq!(perform(&scopes, &scope("b"), Action::CreateVfs(3)), Outcome::Done);
    scopes.settle();
    let after = scopes.world();
    assert_eq!(after.hosts[&name("a")], before.hosts[&name("a")]);
    assert_eq!((pf(&scopes, "a").vf_count, pf(&scopes, "b").vf_count), (0, 3));
}

#[test]
fn world_is_what_each_scope_is_observed_as() {
    let scopes = scopes(Some(empty_cluster()));
    by_hand(&scopes, "a", "count eth0 2").unwrap();
    let mut observed = vfctl_port::World::empty();
    for scope in [scope("a"), scope("b"), Scope::Cluster] {
        observed.learn(&scope, scopes.observe(&scope, &What::Whole, LIMIT).unwrap());
    }
    assert_eq!(scopes.world(), observed);
    assert_eq!((observed.hosts.len(), observed.cluster), (2, Some(ClusterFacts::default())));
}

#[test]
fn scope_that_is_not_there_is_refused() {
    let scopes = scopes(None);
    let before = scopes.world();
    for scope in [scope("c"), Scope::Cluster] {
        let error = scopes.observe(&scope, &What::Whole, LIMIT).unwrap_err();
        assert_eq!(error.to_string(), format!("reach {scope} from here"));
        let cause = own_error(perform(&scopes, &scope, Action::CreateVfs(3)));
        assert_eq!(cause, format!("{scope} cannot be reached from here"));
    }
    assert_eq!(by_hand(&scopes, "c", "count eth0 2").unwrap_err().errno, None);
    scopes.settle();
    assert_eq!(scopes.world(), before);
}

#[test]
fn cluster_is_observed_as_empty_facts_and_as_nothing_else() {
    let scopes = scopes(Some(empty_cluster()));
    let observed = scopes.observe(&Scope::Cluster, &What::Whole, LIMIT).unwrap();
    assert_eq!(observed, Observed::Cluster(Box::default()));
    for what in [What::System, What::Pf("pci/0000:01:00.0".parse().unwrap())] {
        assert!(scopes.observe(&Scope::Cluster, &what, LIMIT).is_err(), "{what:?}");
    }
}

#[test]
fn ops_of_hosts_are_refused_by_the_cluster() {
    let scopes = scopes(Some(empty_cluster()));
    let before = scopes.world();
    let ops = [on_pf(Action::CreateVfs(3)), on_pf(Action::RemoveVfs)];
    let outcomes = scopes.perform(&Scope::Cluster, &ops, Bounds::only(LIMIT));
    assert_eq!(outcomes.len(), 2);
    for outcome in outcomes {
        assert_eq!(own_error(outcome), "no object of the cluster");
    }
    scopes.settle();
    assert_eq!(scopes.world(), before);
}

#[test]
fn what_is_done_by_hand_on_one_host_settles_there_and_keeps_the_kernels_rules() {
    let scopes = scopes(None);
    by_hand(&scopes, "a", "count eth0 2").unwrap();
    assert!(pf(&scopes, "a").vfs.values().all(|vf| vf.netdev.is_some()));
    assert!(pf(&scopes, "b").vfs.is_empty());
    assert_eq!(by_hand(&scopes, "a", "count eth0 3").unwrap_err().errno, Some(Errno::EBUSY.0));
    by_hand(&scopes, "b", "fault createVfs refuse EIO").unwrap();
    assert_eq!(perform(&scopes, &scope("a"), Action::RemoveVfs), Outcome::Done);
    assert_eq!(perform(&scopes, &scope("a"), Action::CreateVfs(1)), Outcome::Done);
    assert!(matches!(perform(&scopes, &scope("b"), Action::CreateVfs(1)), Outcome::Refused(_)));
}

#[test]
fn time_is_that_of_the_busiest_host_and_sleep_passes_on_every_one() {
    let scopes = scopes(None);
    let start = scopes.now();
    by_hand(&scopes, "a", "wait 5").unwrap();
    assert_eq!(scopes.now(), start + Duration::from_secs(5));
    by_hand(&scopes, "b", "wait 3").unwrap();
    assert_eq!(scopes.now(), start + Duration::from_secs(5));
    for host in ["a", "b"] {
        assert_eq!(perform(&scopes, &scope(host), Action::CreateVfs(2)), Outcome::Done);
        assert!(pf(&scopes, host).vfs.is_empty());
    }
    let before = scopes.now();
    scopes.sleep(Duration::from_secs(1));
    assert_eq!(scopes.now(), before + Duration::from_secs(1));
    for host in ["a", "b"] {
        assert!(pf(&scopes, host).vfs.values().all(|vf| vf.netdev.is_some()), "{host}");
        assert_eq!(pf(&scopes, host).vf_count, 2, "{host}");
    }
}

#[test]
fn time_passes_without_hosts_too() {
    let scopes = SimScopes::new([].into(), Some(empty_cluster()));
    scopes.sleep(Duration::from_secs(2));
    assert_eq!(scopes.now(), Duration::from_secs(2));
}

#[test]
fn journal_keeps_the_entries_of_all_scopes_once_and_in_order() {
    let scopes = scopes(None);
    let ended = |converged| JournalEntry::Ended { converged };
    scopes.record(&ended(false)).unwrap();
    scopes.record(&ended(true)).unwrap();
    assert_eq!(scopes.journal(), [ended(false), ended(true)]);
}

#[test]
fn user_asks_to_stop_after_so_many_ops_of_all_hosts() {
    let scopes = scopes(Some(empty_cluster()));
    scopes.interrupt_after(2);
    for scope in [scope("a"), Scope::Cluster] {
        perform(&scopes, &scope, Action::CreateVfs(1));
        assert!(!scopes.interrupted(), "{scope}");
    }
    perform(&scopes, &scope("b"), Action::CreateVfs(1));
    assert!(scopes.interrupted());
}

#[test]
fn worlds_that_were_saved_go_on_where_they_were() {
    let scopes = scopes(None);
    assert_eq!(perform(&scopes, &scope("b"), Action::CreateVfs(2)), Outcome::Done);
    let (world, now) = (scopes.world(), scopes.now());
    let again = SimScopes::new(scopes.into_worlds(), None);
    assert_eq!((again.world(), again.now()), (world, now));
    again.settle();
    assert_eq!(pf(&again, "b").vf_count, 2);
}
