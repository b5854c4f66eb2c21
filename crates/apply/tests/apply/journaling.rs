//! The journal: it has what is about to be done before it is done, and where it has not, nothing is done.

use vfctl_apply::Result;
use vfctl_kinds::step::Reason;
use vfctl_model::Toggle;
use vfctl_plan::Plan;
use vfctl_port::{AdminState, JournalEntry, LaneId, Outcome, Phase, Stage, Thing};

use crate::bench::{Answer, Bench, refusal, short};
use crate::lanes::outcomes;
use crate::port::Port;
use crate::work::{lane, mtu_lane, on_ports};

/// Returns the plan of autoprobe that is off while VFs are created.
fn autoprobe_off_for_a_while(port: &Port) -> Plan {
    let steps = vec![
        port.step(Phase::PreparePf, Reason::WithholdDrivers, &[port.autoprobe(Toggle::Off)]),
        port.step(Phase::CreateVfs, Reason::Asked, &[port.create(1)]),
        port.step(Phase::AllowDrivers, Reason::GiveBack, &[port.autoprobe(Toggle::On)]),
    ];
    on_ports(vec![lane(port, 0, steps)])
}

#[test]
fn entries_say_what_was_there_what_is_done_and_what_came_of_it() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).answering(&[(vfctl_port::ActionKind::SetPfAdminState, Answer::Refused)]);
    let before = bench.look().world;
    let steps = vec![
        eth0.step(Phase::CreateVfs, Reason::Asked, &[eth0.create(2)]),
        eth0.step(Phase::FinishPf, Reason::Asked, &[eth0.mtu(9000), eth0.admin(AdminState::Up)]),
    ];
    let _ = bench.apply(&on_ports(vec![lane(&eth0, 0, steps)]));
    let id = LaneId { host: Some(eth0.host.clone()), stage: Stage::Ports, thing: Thing::Pf(eth0.pf.clone()) };
    let expected = [
        JournalEntry::Began { documents: vec!["workers".to_owned()], before: Box::new(before) },
        JournalEntry::PhaseBegan {
            lane: id.clone(),
            phase: Some(Phase::CreateVfs),
            ops: vec![eth0.create(2)],
            found: vec![Some("0".to_owned())],
            owed: Vec::new(),
        },
        JournalEntry::PhaseEnded {
            lane: id.clone(),
            phase: Some(Phase::CreateVfs),
            outcomes: vec![Outcome::Done],
        },
        JournalEntry::PhaseBegan {
            lane: id.clone(),
            phase: Some(Phase::FinishPf),
            ops: vec![eth0.mtu(9000), eth0.admin(AdminState::Up)],
            found: vec![Some("1500".to_owned()), Some("down".to_owned())],
            owed: Vec::new(),
        },
        JournalEntry::PhaseEnded {
            lane: id,
            phase: Some(Phase::FinishPf),
            outcomes: vec![Outcome::Done, Outcome::Refused(refusal())],
        },
        JournalEntry::Ended { converged: false },
    ];
    assert_eq!(bench.state().entries, expected);
}

#[test]
fn what_is_found_before_a_phase_is_read_after_the_one_before_it() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    let _ = bench.apply(&autoprobe_off_for_a_while(&eth0));
    let found: Vec<String> = bench
        .state()
        .entries
        .iter()
        .filter_map(|entry| match entry {
            JournalEntry::PhaseBegan { found, .. } => found[0].clone(),
            _ => None,
        })
        .collect();
    assert_eq!(found, ["on", "0", "off"]);
}

#[test]
fn journal_that_cannot_begin_refuses_the_apply() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).losing([0]);
    let report = bench.apply(&on_ports(vec![mtu_lane(&eth0, 0)]));
    assert_eq!(report.result, Result::Refused);
    assert_eq!(report.refusals, ["failed to write the journal: no space left on device"]);
    assert_eq!(bench.log(), [""; 0]);
}

#[test]
fn phase_that_is_not_journaled_is_not_performed() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).losing([1]);
    let steps = vec![
        eth0.step(Phase::CreateVfs, Reason::Asked, &[eth0.create(1)]),
        eth0.step(Phase::FinishPf, Reason::Asked, &[eth0.mtu(9000)]),
    ];
    let report = bench.apply(&on_ports(vec![lane(&eth0, 0, steps)]));
    assert_eq!(report.result, Result::Failed);
    assert_eq!(bench.performed(), [""; 0]);
    let because = "the journal could not be written";
    assert_eq!(outcomes(&report.lanes[0]), ["createVfs", "setPfMtu"].map(|op| format!("{op}: {because}")));
    let trouble = "nothing more is written: failed to write the journal: no space left on device";
    assert_eq!(report.lanes[0].troubles, [trouble]);
    assert_eq!(bench.state().entries.last(), Some(&JournalEntry::Ended { converged: false }));
}

#[test]
fn full_disk_leaves_what_is_owed_to_a_person_and_one_lost_entry_does_not() {
    let eth0 = Port::eth0();
    let off = short(&[eth0.autoprobe(Toggle::Off)]);
    let on = short(&[eth0.autoprobe(Toggle::On)]);
    let by_hand = format!(
        "a temporary change could not be restored; restore it by hand: `{}`",
        eth0.autoprobe(Toggle::On)
    );
    // Entry 2 is the end of the first phase, entry 3 the begin of the second.
    for (lost, performed, is_left) in [
        (vec![2], vec![off.clone(), on.clone()], false),
        (vec![3], vec![off.clone(), on.clone()], false),
        ((2..9).collect(), vec![off.clone()], true),
        ((3..9).collect(), vec![off.clone()], true),
    ] {
        let bench = Bench::new(&[&eth0]).losing(lost.clone());
        let report = bench.apply(&autoprobe_off_for_a_while(&eth0));
        assert_eq!(report.result, Result::Failed, "{lost:?}");
        assert_eq!(bench.performed(), performed, "{lost:?}");
        assert_eq!(report.lanes[0].troubles.contains(&by_hand), is_left, "{lost:?}: {}", report.render());
        let autoprobe = bench.state().pf(&eth0).drivers_autoprobe();
        assert_eq!(autoprobe == Some(Toggle::Off), is_left, "{lost:?}");
    }
}

#[test]
fn end_that_is_not_journaled_is_a_failure_although_all_was_done() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).losing([3]);
    let report = bench.apply(&on_ports(vec![mtu_lane(&eth0, 0)]));
    assert_eq!(report.result, Result::Failed);
    assert_eq!(report.refusals, ["failed to write the journal: no space left on device"]);
    assert_eq!(outcomes(&report.lanes[0]), ["setPfMtu: done"]);
}
