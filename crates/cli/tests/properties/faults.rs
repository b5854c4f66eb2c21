//! Faults as inputs: each kind of action is refused, lies, or hangs, and each time apply stops, says so, restores
//! what it changed for a while, and the next apply finishes the work.

use std::collections::BTreeSet;

use proptest::prelude::*;
use vfctl_apply::{LaneReport, OpReport, Report, Result as Ending};
use vfctl_kinds::document::SriovConfig;
use vfctl_model::{DeviceAddress, Toggle};
use vfctl_plan::Plan;
use vfctl_port::{ActionKind, AdminState, HostFacts, JournalEntry, Outcome, PfFacts};
use vfctl_sim::{Errno, Fault, PfSeed, SimHost};

use crate::case::{Case, Sense, cases};
use crate::expected;
use crate::request::NEEDED;
use crate::run::{checked, look, parsed, plan, sim_of, text, world};

/// What is asked of the host: together it needs every kind of action that is asked for.
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
    - name: emptied
      match: {pci: "0000:03:00.0"}
      vfs: {count: 0}
    - {name: switched, match: {driver: netdevsim}, eswitch: {mode: switchdev}}
"#;

/// Returns the host: one port without VFs, down; two with two VFs.
fn host() -> SimHost {
    let igb = || PfSeed::new("igb".parse().unwrap(), 7);
    SimHost::builder()
        .pf(PfSeed { admin: AdminState::Down, ..igb() })
        .pf(PfSeed { vf_count: 2, ..igb() })
        .pf(PfSeed { vf_count: 2, ..igb() })
        .pf(PfSeed { vf_count: 2, ..PfSeed::new("netdevsim".parse().unwrap(), 7) })
        .build()
}

fn apply(sim: &SimHost, config: &SriovConfig) -> (Plan, Report) {
    let before = look(sim);
    let plan = plan(config, &before.world);
    let report = crate::run::apply(&plan, &before, sim).unwrap();
    (plan, report)
}

/// Ends what was injected, and lets stores that are blocked in the kernel end.
fn recover(sim: &SimHost) {
    sim.clear_faults();
    sim.by_hand(&"vfio-close".parse().unwrap()).unwrap();
    sim.settle();
}

/// Asserts what is true after any failure.
fn assert_failed_safely(sim: &SimHost, report: &Report, kind: ActionKind, fault: Fault) {
    let what = format!("{kind:?} {fault:?}");
    let rendered = report.render();
    assert_eq!(report.result, Ending::Failed, "{what}:\n{rendered}");
    assert!(rendered.contains("Not converged"), "{what}: {rendered}");
    if let Err(why) = nothing_follows_a_failure(report) {
        panic!("{what}: {why}\n{rendered}");
    }
    let of_pci = |(address, _): &(DeviceAddress, _)| address.pci().is_some();
    for (address, pf) in sim.facts().physical_functions.into_iter().filter(of_pci) {
        let found = pf.drivers_autoprobe();
        assert_eq!(found, Some(Toggle::On), "{what}: autoprobe of {address} was not restored");
    }
    // Every op that was tried stands in the journal.
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

/// Checks that no phase of a lane follows one that failed, but what restores, and that the report says why.
fn nothing_follows_a_failure(report: &Report) -> Result<(), String> {
    for LaneReport { title, ops, .. } in &report.lanes {
        let mut failed = false;
        let mut phase = None;
        for op in ops {
            if failed && phase != Some(op.phase) && op.phase.is_some() {
                if op.outcome != Outcome::NotTried {
                    return Err(format!(
                        "{title} went on after a failure with `{}`: {:?}",
                        op.op, op.outcome
                    ));
                }
                if op.because.is_none() {
                    return Err(format!("{title} does not say why `{}` was not tried", op.op));
                }
            }
            failed |= matches!(op.outcome, Outcome::Refused(_) | Outcome::Unknown(_));
            phase = Some(op.phase);
        }
    }
    Ok(())
}

#[test]
fn every_kind_of_action_may_fail_and_the_next_apply_finishes() {
    let config = parsed(SPEC);
    let mut seen = BTreeSet::new();
    for kind in NEEDED.iter().copied() {
        for fault in [Fault::Refuse(Errno::EIO.0), Fault::Lie, Fault::Hang] {
            let sim = host();
            sim.inject(kind, None, fault);
            let (plan, report) = apply(&sim, &config);
            let steps = plan.scopes().flat_map(|(_, plan)| plan.steps());
            seen.extend(steps.flat_map(|step| &step.changes).map(|change| change.op.action.kind()));
            assert_failed_safely(&sim, &report, kind, fault);
            recover(&sim);
            let (_, second) = apply(&sim, &config);
            assert_eq!(second.result, Ending::Converged, "{kind:?} {fault:?}: {}", second.render());
        }
    }
    assert_eq!(seen, NEEDED.iter().copied().collect(), "the spec needs every kind of action");
}

/// A kind of action that fails in a random case.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    kind: ActionKind,
    /// The PF by its number; `None` for all.
    pf: Option<usize>,
    /// What such an action does instead.
    pub(crate) fault: Fault,
}

/// Returns random cases in which a kind of action fails.
pub(crate) fn failing_cases() -> impl Strategy<Value = (Case, Failure)> {
    let faults = prop_oneof![
        3 => Just(Fault::Refuse(Errno::EIO.0)),
        3 => Just(Fault::Lie),
        3 => Just(Fault::Hang),
        1 => (1..4u32).prop_map(Fault::Transient),
        1 => (1..3u16).prop_map(Fault::FewerVfs),
        2 => Just(Fault::NoAnswer),
    ];
    let failures = (proptest::sample::select(NEEDED), proptest::option::of(0..3usize), faults);
    (cases(Sense::Sensible), failures).prop_map(|(case, (kind, pf, fault))| {
        let kind = match fault {
            Fault::FewerVfs(_) => ActionKind::CreateVfs,
            Fault::NoAnswer if kind != ActionKind::BindDriver => ActionKind::ProbeDriver,
            _ => kind,
        };
        (case, Failure { kind, pf, fault })
    })
}

/// Runs a case in which a kind of action fails: either all is as it should be, or apply says that it is not, has gone on
/// with nothing and has restored what it changed for a while; the next apply finishes. Returns whether the first one did.
pub(crate) fn stumble(case: &Case, failure: &Failure) -> Result<Ending, String> {
    let Failure { kind, pf, fault } = failure;
    let sim = sim_of(case);
    let host_before = sim.facts();
    let addresses = case.addresses(&host_before);
    let config = case.config(&addresses);
    let before = look(&sim);
    let first = checked(&config, &before.world)?;
    let pf = pf.and_then(|number| addresses.get(number)).cloned();
    sim.inject(*kind, pf, *fault);
    let report = crate::run::apply(&first, &before, &sim)?;
    sim.settle();
    let in_context = |why: String| format!("{why}\n{}\n{}", report.render(), text(&first));
    match report.result {
        Ending::Converged => expected::compare(case, &host_before, &sim.facts()).map_err(in_context)?,
        Ending::Failed => {
            nothing_follows_a_failure(&report).map_err(in_context)?;
            restored(case, &report, &host_before, &sim.facts()).map_err(in_context)?;
        }
        Ending::Refused | Ending::Interrupted | Ending::Held | Ending::NotConcerned => {
            return Err(in_context(format!("{:?}", report.result)));
        }
    }
    recover(&sim);
    let between = sim.facts();
    let before = look(&sim);
    let second = checked(&config, &before.world).map_err(in_context)?;
    if second.is_blocked() {
        return Err(in_context(format!("the second plan is blocked:\n{}", text(&second))));
    }
    let again = crate::run::apply(&second, &before, &sim)?;
    let in_second = |why: String| in_context(format!("{why}\n{}\n{}\nafter", again.render(), text(&second)));
    if again.result != Ending::Converged {
        return Err(in_second("the second apply does not finish".to_owned()));
    }
    expected::compare(case, &between, &sim.facts()).map_err(in_second)?;
    let third = plan(&config, &world(&sim));
    if !third.is_empty() || third.is_blocked() {
        return Err(in_second(format!("the third plan is not empty:\n{}", text(&third))));
    }
    Ok(report.result)
}

/// Checks that what a plan changes for a while is as it was found, or as it was asked for, or that the report says that it
/// is not.
fn restored(case: &Case, report: &Report, before: &HostFacts, after: &HostFacts) -> Result<(), String> {
    for (pf, address) in case.pfs.iter().zip(case.addresses(before)) {
        let of = |host: &HostFacts| host.physical_functions.get(&address).cloned().ok_or("the PF is gone");
        let (was, is) = (of(before)?, of(after)?);
        let lane = report.lanes.iter().find(|lane| lane.thing.pf() == Some(&address));
        let by_hand = |words: &str| {
            let troubles = lane.into_iter().flat_map(|lane| &lane.troubles);
            troubles
                .into_iter()
                .any(|trouble| trouble.contains("restore it by hand") && trouble.contains(words))
        };
        let unmet = |words: &str| {
            lane.into_iter().flat_map(|lane| &lane.unmet).any(|unmet| unmet.claim.contains(words))
        };
        let creates = |op: &&OpReport| op.op.action.kind() == ActionKind::CreateVfs;
        let created = lane.into_iter().flat_map(|lane| &lane.ops).find(creates);
        let was_vfs = created.is_none_or(|op| op.outcome != Outcome::Done).then_some(&was.vfs);
        for (index, vf) in expected::without_wanted_driver(pf, was_vfs, &is) {
            let address = vf.pci.ok_or("a VF without address")?.to_string();
            if !by_hand(&address) && !unmet(&format!(" vf {index}:")) {
                return Err(format!("vf {index} is left without its driver"));
            }
        }
        let asked = pf.request.autoprobe.or(was.drivers_autoprobe());
        let found = is.drivers_autoprobe();
        if ![was.drivers_autoprobe(), asked].contains(&found) && !by_hand("sriov_drivers_autoprobe") {
            return Err(format!("autoprobe of {address} is left {found:?}"));
        }
        let up = |facts: &PfFacts| facts.netdev.as_ref().map(|netdev| netdev.up);
        let asked = pf.request.admin.map(|admin| admin == AdminState::Up).or(up(&was));
        if ![up(&was), asked].contains(&up(&is)) && !by_hand("ip link set dev") {
            return Err(format!("{address} is left up: {:?}", up(&is)));
        }
    }
    Ok(())
}

#[test]
fn an_op_without_answer_closes_its_lane_and_the_other_lanes_finish() {
    let config = parsed(SPEC);
    let sim = host();
    let kept = "pci/0000:02:00.0".parse().unwrap();
    sim.inject(ActionKind::UnbindDriver, Some(kept), Fault::Hang);
    let (_, report) = apply(&sim, &config);
    assert_eq!(report.result, Ending::Failed, "{}", report.render());
    let clean: Vec<bool> = report
        .lanes
        .iter()
        .filter(|lane| lane.thing.pf().is_some())
        .map(|lane| lane.ops.iter().all(|op| op.outcome == Outcome::Done) && lane.unmet.is_empty())
        .collect();
    assert_eq!(clean, [true, false, true, true], "{}", report.render());
    assert!(report.render().contains("no answer"), "{}", report.render());
    let next = plan(&config, &world(&sim));
    assert!(next.is_blocked(), "the next command must say that a write is blocked in the kernel");
}

#[test]
fn fewer_vfs_than_asked_is_an_error_that_says_so() {
    let config = parsed(SPEC);
    let sim = host();
    sim.inject(ActionKind::CreateVfs, None, Fault::FewerVfs(1));
    let (_, report) = apply(&sim, &config);
    assert_eq!(report.result, Ending::Failed);
    let text = report.render();
    assert!(
        text.contains("after phase create VFs: expected pci/0000:01:00.0: count is 4, found 3"),
        "{text}"
    );
}

#[test]
fn a_user_who_stops_sees_what_is_left_and_what_was_changed_for_a_while_is_restored() {
    let config = parsed(SPEC);
    let mut interrupted = 0;
    for ops in 0..20 {
        let sim = host();
        sim.interrupt_after(ops);
        let (_, report) = apply(&sim, &config);
        if report.result == Ending::Converged {
            continue;
        }
        interrupted += 1;
        assert_eq!(report.result, Ending::Interrupted, "{}", report.render());
        assert!(report.render().contains("Interrupted"), "{}", report.render());
        let facts = sim.facts();
        for (_, pf) in facts.physical_functions.iter().filter(|(address, _)| address.pci().is_some()) {
            assert_eq!(pf.drivers_autoprobe(), Some(Toggle::On), "after {ops} ops");
        }
        sim.settle();
        sim.interrupt_after(u32::MAX);
        let (_, second) = apply(&sim, &config);
        assert_eq!(second.result, Ending::Converged, "after {ops} ops: {}", second.render());
        let facts = sim.facts();
        for vf in
            facts.physical_functions.values().flat_map(|pf| pf.vfs.values()).filter(|vf| vf.pci.is_some())
        {
            assert!(
                vf.driver.is_some(),
                "after {ops} ops a VF was left without the driver that was withheld"
            );
        }
    }
    assert!(interrupted > 5, "only {interrupted} applies were interrupted");
}

/// Returns how many ops of this kind were refused, and how many were not tried.
fn refused_and_left(report: &Report, kind: ActionKind) -> (usize, usize) {
    let ops = report.lanes.iter().flat_map(|lane| &lane.ops).filter(|op| op.op.action.kind() == kind);
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
    for (pf, entry, kind, expected) in [
        (igb, "match: {driver: igb}, vfs: {all: {driver: vfio-pci}}", ActionKind::UnbindDriver, (1, 3)),
        (
            netdevsim,
            "match: {driver: netdevsim}, vfs: {all: {vlan: 7}}",
            ActionKind::SetVfAttribute,
            (128, 72),
        ),
    ] {
        let sim = SimHost::builder().pf(pf).build();
        sim.settle();
        sim.inject(kind, None, Fault::Refuse(Errno::EIO.0));
        let (_, report) = apply(&sim, &document(entry));
        assert_eq!(refused_and_left(&report, kind), expected, "{}", report.render());
    }
}
