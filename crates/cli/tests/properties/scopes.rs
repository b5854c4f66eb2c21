//! One plan for several hosts and their cluster, applied in one call.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_apply::{Edges, LaneReport, Look, Report, Result as Ending};
use vfctl_kinds::document::SriovConfig;
use vfctl_model::HostName;
use vfctl_plan::{Plan, check};
use vfctl_port::{ActionKind, ClusterFacts, JournalEntry, LaneId, Outcome, Scope, Stage};
use vfctl_sim::{Errno, Fault, PfSeed, SimCluster, SimHost, SimScopes, SimWorld};

use crate::journal::OrderCheck;
use crate::run::{Silent, parsed, plan};

/// What is asked of every host: a module that is not loaded, and two ports.
const SPEC: &str = r#"
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: fleet}
spec:
  nodes: {names: ["*"]}
  physicalFunctions:
    - name: fast
      match: {pci: "0000:01:00.0"}
      vfs: {count: 2, all: {driver: vfio-pci, vlan: 7}}
    - name: slow
      match: {pci: "0000:02:00.0"}
      vfs: {count: 1}
"#;

fn name(host: &str) -> HostName {
    host.parse().unwrap()
}

/// Returns the two hosts and a cluster that says nothing; on the hosts named, this kind of action fails.
fn scopes(failing: &[(&str, ActionKind)]) -> SimScopes {
    let host = |host: &str| -> (HostName, SimWorld) {
        let igb = || PfSeed::new("igb".parse().unwrap(), 7);
        let sim = SimHost::builder().name(name(host)).pf(igb()).pf(igb()).build();
        for (_, kind) in failing.iter().filter(|(of, _)| *of == host) {
            sim.inject(*kind, None, Fault::Refuse(Errno::EIO.0));
        }
        (name(host), sim.into_world())
    };
    SimScopes::new(
        [host("a"), host("b")].into(),
        Some(SimCluster::new(ClusterFacts::default(), Box::new(|_, _| BTreeMap::new()))),
    )
}

/// Reads both hosts and the cluster.
fn look(scopes: &SimScopes) -> Look {
    let all = [Scope::Host(name("a")), Scope::Host(name("b")), Scope::Cluster];
    Look::take(&all, scopes, scopes).unwrap()
}

/// Plans, checks, and applies in one call.
fn apply(scopes: &SimScopes, config: &SriovConfig) -> (Plan, Report) {
    let before = look(scopes);
    let plan = plan(config, &before.world);
    assert_eq!(check(&plan), Ok(()));
    assert!(!plan.is_blocked());
    let order = OrderCheck::new(scopes, scopes);
    let edges = Edges { observe: scopes, perform: &order, journal: &order, clock: scopes, progress: &Silent };
    let report = vfctl_apply::apply(&plan, &before, edges);
    order.conclude().unwrap();
    scopes.settle();
    (plan, report)
}

/// Returns by what a journal knows a lane of a report.
fn id(lane: &LaneReport) -> LaneId {
    let thing = lane.thing.clone();
    LaneId { host: lane.host.clone(), stage: lane.stage, thing }
}

/// Returns the outcomes of the lanes of one host and stage.
fn outcomes(report: &Report, host: &str, stage: Stage) -> Vec<Outcome> {
    let lanes = report.lanes.iter().filter(|lane| lane.host == Some(name(host)) && lane.stage == stage);
    lanes.flat_map(|lane| &lane.ops).map(|op| op.outcome.clone()).collect()
}

fn all(outcomes: &[Outcome], wanted: &Outcome) -> bool {
    !outcomes.is_empty() && outcomes.iter().all(|outcome| outcome == wanted)
}

#[test]
fn two_hosts_and_a_cluster_converge_in_one_apply() {
    let scopes = scopes(&[]);
    let config = parsed(SPEC);
    let (first, report) = apply(&scopes, &config);
    let text = report.render();
    assert_eq!((report.result, first.hosts.len()), (Ending::Converged, 2), "{text}");
    assert!(first.cluster.is_none(), "nothing is asked of the cluster");

    // The lanes of the report name their host, in the order of the plan.
    let planned: Vec<LaneId> = first
        .scopes()
        .flat_map(|(scope, plan)| {
            plan.lanes().map(|(stage, lane)| lane.id(&scope, stage)).collect::<Vec<_>>()
        })
        .collect();
    let things = ["system", "pci/0000:01:00.0", "pci/0000:02:00.0"];
    let expected: Vec<LaneId> = ["a", "b"]
        .iter()
        .flat_map(|host| {
            things.iter().map(|thing| LaneId {
                host: Some(name(host)),
                stage: if *thing == "system" { Stage::Prepare } else { Stage::Ports },
                thing: thing.parse().unwrap(),
            })
        })
        .collect();
    assert_eq!(planned, expected);
    assert_eq!(report.lanes.iter().map(id).collect::<Vec<_>>(), expected);

    // The journal knows every one of them, and each host is as the document says.
    let journal = scopes.journal();
    let begun: BTreeSet<LaneId> = journal
        .iter()
        .filter_map(|entry| match entry {
            JournalEntry::PhaseBegan { lane, .. } => Some(lane.clone()),
            JournalEntry::Began { .. } | JournalEntry::PhaseEnded { .. } | JournalEntry::Ended { .. } => None,
        })
        .collect();
    assert_eq!(begun, expected.into_iter().collect());
    let world = scopes.world();
    for (host, facts) in &world.hosts {
        let counts: Vec<u16> = facts.physical_functions.values().map(|pf| pf.vf_count).collect();
        assert_eq!(counts, [2, 1], "{host}");
    }
    let second = plan(&config, &world);
    assert!(second.is_empty() && !second.is_blocked() && second.cluster.is_none());
}

#[test]
fn host_that_fails_does_not_stop_the_other() {
    let scopes = scopes(&[("a", ActionKind::CreateVfs)]);
    let config = parsed(SPEC);
    let (_, report) = apply(&scopes, &config);
    let text = report.render();
    assert_eq!(report.result, Ending::Failed, "{text}");
    for stage in [Stage::Prepare, Stage::Ports] {
        assert!(all(&outcomes(&report, "b", stage), &Outcome::Done), "{text}");
    }
    assert!(all(&outcomes(&report, "a", Stage::Prepare), &Outcome::Done), "{text}");
    let of_ports = outcomes(&report, "a", Stage::Ports);
    assert!(of_ports.iter().any(|outcome| matches!(outcome, Outcome::Refused(_))), "{text}");
    assert!(text.contains("host a, eth0:") && text.contains("host a, eth1:"), "{text}");
    assert!(!text.contains("host b"), "{text}");
    let world = scopes.world();
    let count =
        |host: &str| world.hosts[&name(host)].physical_functions.values().map(|pf| pf.vf_count).sum::<u16>();
    assert_eq!((count("a"), count("b")), (0, 3));
    let next = plan(&config, &world);
    assert!(!next.hosts[&name("a")].is_empty() && next.hosts[&name("b")].is_empty());
}

#[test]
fn stage_prepare_that_fails_closes_the_ports_of_its_host_alone() {
    let scopes = scopes(&[("b", ActionKind::LoadModule)]);
    let (_, report) = apply(&scopes, &parsed(SPEC));
    let text = report.render();
    assert_eq!(report.result, Ending::Failed, "{text}");
    for stage in [Stage::Prepare, Stage::Ports] {
        assert!(all(&outcomes(&report, "a", stage), &Outcome::Done), "{text}");
    }
    let of_prepare = outcomes(&report, "b", Stage::Prepare);
    assert!(matches!(of_prepare.as_slice(), [Outcome::Refused(_)]), "{text}");
    assert!(all(&outcomes(&report, "b", Stage::Ports), &Outcome::NotTried), "{text}");
    let of_b = report.lanes.iter().filter(|lane| lane.host == Some(name("b")) && lane.stage == Stage::Ports);
    let reasons: BTreeSet<Option<&str>> =
        of_b.flat_map(|lane| &lane.ops).map(|op| op.because.as_deref()).collect();
    assert_eq!(reasons, [Some("stage prepare failed")].into());
    let world = scopes.world();
    assert!(world.hosts[&name("b")].physical_functions.values().all(|pf| pf.vf_count == 0), "{text}");
}

#[test]
fn plan_that_is_stale_on_one_host_changes_none() {
    let scopes = scopes(&[]);
    let before = look(&scopes);
    let planned = plan(&parsed(SPEC), &before.world);
    scopes.by_hand(&name("b"), &"count eth1 4".parse().unwrap()).unwrap();
    let now = look(&scopes);
    let edges =
        Edges { observe: &scopes, perform: &scopes, journal: &scopes, clock: &scopes, progress: &Silent };
    let report = vfctl_apply::apply(&planned, &now, edges);
    assert_eq!(report.result, Ending::Refused);
    assert_eq!(
        report.refusals,
        ["plan is stale: host b: expected pci/0000:02:00.0: count is 0, found 4; run plan again"]
    );
    assert_eq!((scopes.journal(), scopes.world()), (Vec::new(), now.world));
}
