//! Faults as inputs: each kind of op is refused, lies, or hangs, and each time apply stops, says so, gives back
//! what it borrowed, and the next apply finishes the work.

use std::collections::BTreeSet;

use vfctl_apply::{Edges, Look, Report, Result as Ending};
use vfctl_kinds::document::SriovConfig;
use vfctl_model::Toggle;
use vfctl_plan::HostPlan;
use vfctl_port::{AdminState, JournalEntry, Observe, OpKind, Outcome};
use vfctl_sim::{Errno, Fault, PfSeed, SimHost};

use crate::run::{Silent, plan};

/// What is asked of the host: together it needs every kind of op.
const SPEC: &str = r#"
apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: faults}
spec:
  physicalFunctions:
    - name: fresh
      match: {pci: "0000:01:00.0"}
      adminState: up
      mtu: 9000
      vfs:
        count: 4
        all: {vlan: {id: 100}}
        groups:
          - vfs: "0-1"
            driver: vfio-pci
          - vfs: "2-3"
            mtu: 1400
    - name: kept
      match: {pci: "0000:02:00.0"}
      vfs:
        groups:
          - vfs: "0"
            driver: vfio-pci
"#;

/// Returns the host: one port without VFs, down; one with two VFs.
fn host() -> SimHost {
    let igb = || PfSeed::new("igb".parse().unwrap(), 7);
    SimHost::builder()
        .pf(PfSeed { admin: AdminState::Down, ..igb() })
        .pf(PfSeed { vf_count: 2, ..igb() })
        .build()
}

fn config() -> SriovConfig {
    parsed(SPEC)
}

fn parsed(text: &str) -> SriovConfig {
    let source = vfctl_spec::Source { name: "faults.yaml".to_owned(), text: text.to_owned() };
    let mut set = vfctl_spec::load(&[source]).expect("a spec without mistakes");
    set.documents.remove(0).config
}

fn apply(sim: &SimHost, config: &SriovConfig) -> (HostPlan, Report) {
    let before = Look::take(sim, sim).unwrap();
    let plan = plan(config, &before.host);
    let edges = Edges { observe: sim, perform: sim, journal: sim, clock: sim, progress: &Silent };
    let report = vfctl_apply::apply(&plan, &before, edges);
    (plan, report)
}

/// Holds what must be true after any failure.
fn hold(sim: &SimHost, report: &Report, kind: OpKind, fault: Fault) {
    let what = format!("{kind:?} {fault:?}");
    assert_eq!(report.result, Ending::Failed, "{what}:\n{}", report.render());
    let text = report.render();
    assert!(text.contains("Not converged"), "{what}: {text}");
    for lane in &report.lanes {
        let mut failed = false;
        let mut phase = None;
        for op in &lane.ops {
            if failed && phase != Some(op.phase) && op.phase != vfctl_port::Phase::Release {
                assert_eq!(op.outcome, Outcome::NotTried, "{what}: {} went on after a failure", lane.title);
                assert!(
                    op.because.is_some(),
                    "{what}: {} does not say why `{}` was not tried",
                    lane.title,
                    op.op
                );
            }
            failed |= matches!(op.outcome, Outcome::Refused(_) | Outcome::Unknown(_));
            phase = Some(op.phase);
        }
    }
    if kind != OpKind::SetDriversAutoprobe {
        for (address, pf) in sim.observe_host().unwrap().physical_functions {
            assert_eq!(
                pf.drivers_autoprobe,
                Some(Toggle::On),
                "{what}: autoprobe of {address} was not given back"
            );
        }
    }
    // Every op that was tried stands in the journal, before anything that came after it.
    let journal = sim.journal();
    let journaled: usize = journal
        .iter()
        .map(|entry| match entry {
            JournalEntry::PhaseBegan { ops, .. } => ops.len(),
            JournalEntry::Began { .. } | JournalEntry::PhaseEnded { .. } | JournalEntry::Ended { .. } => 0,
        })
        .sum();
    let tried =
        report.lanes.iter().flat_map(|lane| &lane.ops).filter(|op| op.outcome != Outcome::NotTried).count();
    assert!(journaled >= tried, "{what}: {tried} ops were tried and {journaled} journaled");
    assert!(matches!(journal.first(), Some(JournalEntry::Began { .. })), "{what}");
    assert!(matches!(journal.last(), Some(JournalEntry::Ended { converged: false })), "{what}");
}

#[test]
fn every_kind_of_op_may_fail_and_the_next_apply_finishes() {
    let config = config();
    let mut seen = BTreeSet::new();
    for kind in OpKind::ALL.iter().copied() {
        for fault in [Fault::Refuse(Errno::EIO.0), Fault::Lie] {
            let sim = host();
            sim.inject(kind, None, fault);
            let (plan, report) = apply(&sim, &config);
            seen.extend(plan.steps().flat_map(|step| &step.changes).map(|change| change.op.kind()));
            // A module that was not loaded shows only where a driver is bound.
            hold(&sim, &report, kind, fault);
            sim.clear_faults();
            sim.settle();
            let (_, second) = apply(&sim, &config);
            assert_eq!(second.result, Ending::Converged, "{kind:?} {fault:?}: {}", second.render());
        }
    }
    assert_eq!(seen, OpKind::ALL.iter().copied().collect(), "the spec needs every kind of op");
}

#[test]
fn an_op_without_answer_closes_its_lane_and_the_other_lane_finishes() {
    let config = config();
    let sim = host();
    let kept = "pci/0000:02:00.0".parse().unwrap();
    sim.inject(OpKind::UnbindDriver, Some(kept), Fault::Hang);
    let (_, report) = apply(&sim, &config);
    assert_eq!(report.result, Ending::Failed, "{}", report.render());
    let clean: Vec<bool> = report
        .lanes
        .iter()
        .filter(|lane| lane.pf.is_some())
        .map(|lane| lane.ops.iter().all(|op| op.outcome == Outcome::Done) && lane.unmet.is_empty())
        .collect();
    assert_eq!(clean, [true, false], "{}", report.render());
    assert!(report.render().contains("no answer"), "{}", report.render());
    let next = plan(&config, &sim.observe_host().unwrap());
    assert!(next.is_blocked(), "the next command must say that a write still sits in the kernel");
}

#[test]
fn fewer_vfs_than_asked_is_an_error_that_says_so() {
    let config = config();
    let sim = host();
    sim.inject(OpKind::SetVfCount, None, Fault::FewerVfs(1));
    let (_, report) = apply(&sim, &config);
    assert_eq!(report.result, Ending::Failed);
    assert!(report.render().contains("count is 4, but it is 3"), "{}", report.render());
}

#[test]
fn a_user_who_stops_is_told_what_is_left_and_what_was_borrowed_is_given_back() {
    let config = config();
    for ops in 0..20 {
        let sim = host();
        sim.interrupt_after(ops);
        let (_, report) = apply(&sim, &config);
        if report.result == Ending::Converged {
            continue;
        }
        assert_eq!(report.result, Ending::Interrupted, "{}", report.render());
        assert!(report.render().contains("Interrupted"), "{}", report.render());
        let facts = sim.observe_host().unwrap();
        for pf in facts.physical_functions.values() {
            assert_eq!(pf.drivers_autoprobe, Some(Toggle::On), "after {ops} ops");
        }
        sim.settle();
        sim.interrupt_after(u32::MAX);
        let (_, second) = apply(&sim, &config);
        assert_eq!(second.result, Ending::Converged, "after {ops} ops: {}", second.render());
        let facts = sim.observe_host().unwrap();
        for vf in facts.physical_functions.values().flat_map(|pf| pf.vfs.values()) {
            assert!(
                vf.driver.is_some(),
                "after {ops} ops a VF was left without the driver that was withheld"
            );
        }
    }
}

/// Returns how many ops of this kind were refused, and how many were not tried.
fn refused_and_left(report: &Report, kind: OpKind) -> (usize, usize) {
    let ops = report.lanes.iter().flat_map(|lane| &lane.ops).filter(|op| op.op.kind() == kind);
    let outcomes: Vec<&Outcome> = ops.map(|op| &op.outcome).collect();
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Refused(_))).count();
    (refused, outcomes.iter().filter(|outcome| ***outcome == Outcome::NotTried).count())
}

#[test]
fn refused_unbind_is_the_last_and_a_batch_with_a_refused_message_too() {
    let document = |entry: &str| {
        let (header, _) = SPEC.split_once("    - name").expect("an entry");
        parsed(&format!("{header}    - {{name: a, {entry}}}\n"))
    };
    let igb = PfSeed { vf_count: 4, ..PfSeed::new("igb".parse().unwrap(), 7) };
    let netdevsim = PfSeed { vf_count: 200, ..PfSeed::new("netdevsim".parse().unwrap(), 256) };
    for (pf, wish, kind, expected) in [
        (igb, "match: {driver: igb}, vfs: {all: {driver: vfio-pci}}", OpKind::UnbindDriver, (1, 3)),
        (netdevsim, "match: {driver: netdevsim}, vfs: {all: {vlan: 7}}", OpKind::SetVf, (128, 72)),
    ] {
        let sim = SimHost::builder().pf(pf).build();
        sim.settle();
        sim.inject(kind, None, Fault::Refuse(Errno::EIO.0));
        let (_, report) = apply(&sim, &document(wish));
        assert_eq!(refused_and_left(&report, kind), expected, "{}", report.render());
    }
}
