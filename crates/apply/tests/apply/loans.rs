//! What is changed for a while is given back where a lane is closed early, and what could not be is reported.

use vfctl_apply::{LaneReport, Report, Result};
use vfctl_kinds::step::Reason;
use vfctl_model::{Toggle, VfIndex};
use vfctl_port::{ActionKind, AdminState, ClaimValue, JournalEntry, Op, Outcome, Phase, Property};

use crate::bench::{Answer, Bench, short};
use crate::kernel::make_vfs;
use crate::port::Port;
use crate::work::{lane, on_ports, two_vfs};

/// What becomes of the next ops of their kinds.
type Answers = Vec<(ActionKind, Answer)>;

/// Applies the lane of two VFs with these answers.
fn apply(port: &Port, answers: &[(ActionKind, Answer)]) -> (Bench, Report) {
    let bench = Bench::new(&[port]).answering(answers);
    let report = bench.apply(&on_ports(vec![two_vfs(port)]));
    assert_eq!(report.result, Result::Failed, "{answers:?}");
    (bench, report)
}

/// Returns what was given back, whatever became of it.
fn given_back(lane: &LaneReport) -> String {
    let ops = lane.ops.iter().filter(|op| op.phase.is_none());
    short(&ops.map(|op| op.op.clone()).collect::<Vec<_>>())
}

fn by_hand(op: &Op) -> String {
    format!("a temporary change could not be restored; restore it by hand: `{op}`")
}

#[test]
fn lane_gives_back_what_it_had_changed_when_it_was_closed_and_nothing_else() {
    let eth0 = Port::eth0();
    let (on, down) = (eth0.autoprobe(Toggle::On), eth0.admin(AdminState::Down));
    let drivers = [eth0.probe(0), eth0.probe(1)];
    let off = (ActionKind::SetDriversAutoprobe, Answer::Works);
    use ActionKind::{CreateVfs, ProbeDriver, SetDriversAutoprobe, SetPfAdminState, SetVfAttribute};
    let cases: Vec<(Answers, Vec<Op>)> = vec![
        (vec![(SetDriversAutoprobe, Answer::Refused)], vec![down.clone()]),
        (vec![(SetPfAdminState, Answer::Refused)], vec![on.clone()]),
        (vec![(SetDriversAutoprobe, Answer::Refused), (SetPfAdminState, Answer::Refused)], vec![]),
        (vec![(CreateVfs, Answer::Refused)], vec![on.clone(), down.clone()]),
        // What could not be given back in its phase is tried once more.
        (
            vec![off, (SetDriversAutoprobe, Answer::Refused)],
            vec![on.clone(), down.clone(), drivers[0].clone(), drivers[1].clone()],
        ),
        (
            vec![(SetVfAttribute, Answer::Refused)],
            vec![on.clone(), down.clone(), drivers[0].clone(), drivers[1].clone()],
        ),
        (
            vec![(SetVfAttribute, Answer::Lies)],
            vec![on.clone(), down.clone(), drivers[0].clone(), drivers[1].clone()],
        ),
        (
            vec![(ProbeDriver, Answer::Works), (ProbeDriver, Answer::Refused)],
            vec![down.clone(), drivers[1].clone()],
        ),
    ];
    let lane = two_vfs(&eth0);
    let planned: usize =
        lane.phases.iter().flat_map(|phase| &phase.steps).map(|step| step.changes.len()).sum();
    for (answers, expected) in cases {
        let (bench, report) = apply(&eth0, &answers);
        assert_eq!(given_back(&report.lanes[0]), short(&expected), "{answers:?}");
        assert_eq!(report.lanes[0].troubles, [""; 0], "{answers:?}");
        assert_eq!(report.summary.planned, planned, "{answers:?}: no change is counted twice or lost");
        let mut state = bench.state();
        let facts = state.pf(&eth0);
        assert_eq!(facts.drivers_autoprobe(), Some(Toggle::On), "{answers:?}");
        assert!(facts.netdev.as_ref().is_some_and(|netdev| !netdev.up), "{answers:?}");
        assert!(facts.vfs.values().all(|vf| vf.driver.is_some()), "{answers:?}: VFs have their driver");
    }
}

#[test]
fn settings_are_given_back_before_drivers_and_both_are_journaled_as_of_no_phase() {
    let eth0 = Port::eth0();
    let answers = [
        (ActionKind::SetDriversAutoprobe, Answer::Works),
        (ActionKind::SetDriversAutoprobe, Answer::Refused),
    ];
    let (bench, _) = apply(&eth0, &answers);
    let settings = [eth0.autoprobe(Toggle::On), eth0.admin(AdminState::Down)];
    let drivers = [eth0.probe(0), eth0.probe(1)];
    let performed = bench.performed();
    assert_eq!(performed[performed.len() - 2..], [short(&settings), short(&drivers)]);
    let restoring = |entry: &JournalEntry| match entry {
        JournalEntry::PhaseBegan { phase: None, ops, owed, .. } => Some((short(ops), short(owed))),
        _ => None,
    };
    let restored: Vec<_> = bench.state().entries.iter().filter_map(restoring).collect();
    let all = [&settings[..], &drivers[..]].concat();
    assert_eq!(restored, [(short(&settings), short(&all)), (short(&drivers), short(&drivers))]);
}

#[test]
fn what_is_given_back_is_read_again_and_by_hand_where_it_was_not_kept() {
    let eth0 = Port::eth0();
    let (on, down) = (eth0.autoprobe(Toggle::On), eth0.admin(AdminState::Down));
    for (answer, is_left) in [(Answer::Lies, true), (Answer::Refused, true), (Answer::Works, false)] {
        let answers = [
            (ActionKind::CreateVfs, Answer::Refused),
            (ActionKind::SetDriversAutoprobe, Answer::Works),
            (ActionKind::SetDriversAutoprobe, answer),
        ];
        let (_, report) = apply(&eth0, &answers);
        let troubles = &report.lanes[0].troubles;
        assert_eq!(troubles.contains(&by_hand(&on)), is_left, "{answer:?}: {troubles:?}");
        assert!(!troubles.contains(&by_hand(&down)), "{answer:?}: the other was given back");
    }
}

#[test]
fn what_is_given_back_may_take_5_seconds_to_show() {
    let eth0 = Port::eth0();
    for (seconds, is_left) in [(4, false), (7, true)] {
        let late = Answer::Late(std::time::Duration::from_secs(seconds));
        let answers = [
            (ActionKind::CreateVfs, Answer::Refused),
            (ActionKind::SetDriversAutoprobe, Answer::Works),
            (ActionKind::SetDriversAutoprobe, late),
        ];
        let (_, report) = apply(&eth0, &answers);
        assert_eq!(report.lanes[0].troubles.is_empty(), !is_left, "{:?}", report.lanes[0].troubles);
    }
}

#[test]
fn what_cannot_be_read_again_is_not_taken_for_given_back() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0])
        .answering(&[(ActionKind::CreateVfs, Answer::Refused)])
        .when(ActionKind::CreateVfs, |state| state.readable = false);
    let report = bench.apply(&on_ports(vec![two_vfs(&eth0)]));
    let troubles = &report.lanes[0].troubles;
    let unread = "failed to reach host lab from here";
    assert_eq!(troubles.iter().filter(|trouble| *trouble == unread).count(), 1, "{troubles:?}");
    for op in [eth0.autoprobe(Toggle::On), eth0.admin(AdminState::Down)] {
        assert!(!troubles.contains(&by_hand(&op)), "{op}: the kernel accepted it: {troubles:?}");
        let unproven = format!("could not be read again; the next plan checks it: `{op}`");
        assert!(troubles.iter().any(|trouble| trouble.ends_with(&unproven)), "{op}: {troubles:?}");
    }
}

#[test]
fn drivers_are_left_alone_and_by_hand_where_an_op_hangs() {
    let eth0 = Port::eth0();
    let (bench, report) = apply(&eth0, &[(ActionKind::CreateVfs, Answer::Silent)]);
    let settings = [eth0.autoprobe(Toggle::On), eth0.admin(AdminState::Down)];
    assert_eq!(given_back(&report.lanes[0]), short(&settings), "settings are given back all the same");
    assert_eq!(report.lanes[0].troubles, [by_hand(&eth0.probe(0)), by_hand(&eth0.probe(1))]);
    assert!(bench.performed().iter().all(|performed| !performed.contains("probeDriver")));
}

#[test]
fn message_without_answer_is_no_op_that_hangs() {
    let eth0 = Port::eth0();
    let (_, report) = apply(&eth0, &[(ActionKind::SetVfAttribute, Answer::Hangs)]);
    let (on, down) = (eth0.autoprobe(Toggle::On), eth0.admin(AdminState::Down));
    let expected = [on, down, eth0.probe(0), eth0.probe(1)];
    assert_eq!(given_back(&report.lanes[0]), short(&expected));
}

#[test]
fn setting_that_hangs_on_its_way_back_leaves_drivers_to_a_person() {
    let eth0 = Port::eth0();
    let answers = [
        (ActionKind::SetDriversAutoprobe, Answer::Works),
        (ActionKind::SetDriversAutoprobe, Answer::Refused),
        (ActionKind::SetDriversAutoprobe, Answer::Hangs),
    ];
    let (bench, report) = apply(&eth0, &answers);
    let left = [eth0.autoprobe(Toggle::On), eth0.probe(0), eth0.probe(1)];
    assert_eq!(report.lanes[0].troubles, left.each_ref().map(by_hand));
    assert!(bench.performed().iter().all(|performed| !performed.contains("probeDriver")));
}

#[test]
fn vf_whose_driver_was_taken_on_the_way_is_given_it_and_no_other_vf() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0])
        .answering(&[(ActionKind::UnbindDriver, Answer::Works), (ActionKind::UnbindDriver, Answer::Refused)]);
    make_vfs(bench.state().pf(&eth0), 2);
    let both = |op: fn(&Port, u16) -> Op| [op(&eth0, 0), op(&eth0, 1)];
    let steps = vec![
        eth0.step(Phase::Unbind, Reason::MacNeedsRebind, &both(Port::unbind)),
        eth0.step(Phase::Bind, Reason::MacNeedsRebind, &both(Port::probe)),
    ];
    let report = bench.apply(&on_ports(vec![lane(&eth0, 0, steps)]));
    assert_eq!(given_back(&report.lanes[0]), short(&[eth0.probe(0)]));
    let driver = bench.state().pf(&eth0).vfs[&VfIndex(0)].driver.clone();
    assert_eq!(driver.map(|driver| driver.to_string()).as_deref(), Some("igbvf"));
    // The probe of VF 1 was not needed, and is left as planned work that was not tried.
    let left: Vec<_> = report.lanes[0].ops.iter().filter(|op| op.outcome == Outcome::NotTried).collect();
    assert_eq!((left.len(), &left[0].op), (1, &eth0.probe(1)));
}

#[test]
fn lane_that_does_all_it_was_to_do_gives_back_nothing_of_its_own_accord() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    let report = bench.apply(&on_ports(vec![two_vfs(&eth0)]));
    assert_eq!(report.result, Result::Converged, "{}", report.render());
    assert_eq!(given_back(&report.lanes[0]), "");
    assert_eq!(bench.performed().len(), 6);
}

#[test]
fn vfs_that_never_came_to_be_need_no_driver() {
    let eth0 = Port::eth0();
    let (bench, report) = apply(&eth0, &[(ActionKind::CreateVfs, Answer::Lies)]);
    assert_eq!(report.lanes[0].troubles, [""; 0]);
    assert!(bench.performed().iter().all(|performed| !performed.contains("probeDriver")));
    let left: Vec<_> = report.lanes[0].ops.iter().filter(|op| op.op == eth0.probe(0)).collect();
    let [probe] = left[..] else { panic!("it is reported once: {left:?}") };
    assert_eq!(
        (&probe.outcome, probe.because.as_deref()),
        (&Outcome::NotTried, Some("its VF does not exist"))
    );
}

#[test]
fn vfs_that_no_read_has_shown_yet_are_given_their_driver() {
    let eth0 = Port::eth0();
    let steps = vec![
        eth0.step(Phase::CreateVfs, Reason::Asked, &[eth0.create(1)]),
        eth0.step(Phase::Bind, Reason::DefaultDriver, &[eth0.probe(0)]),
    ];
    // The journal loses the end of the phase that makes the VF, so that it is not verified, and no setting is read again.
    let bench = Bench::new(&[&eth0]).losing([2]);
    let report = bench.apply(&on_ports(vec![lane(&eth0, 0, steps)]));
    assert_eq!(report.result, Result::Failed);
    assert_eq!(given_back(&report.lanes[0]), short(&[eth0.probe(0)]));
    assert_eq!(bench.performed().last(), Some(&short(&[eth0.probe(0)])));
}

#[test]
fn setting_that_the_kernel_accepts_and_does_not_keep_in_its_phase_is_given_back_after_it() {
    let eth0 = Port::eth0();
    let (off, lie) = (Answer::Works, Answer::Lies);
    let (on, down) = (eth0.autoprobe(Toggle::On), eth0.admin(AdminState::Down));
    for (again, is_left) in [(Answer::Works, false), (lie, true)] {
        let answers = [off, lie, again].map(|answer| (ActionKind::SetDriversAutoprobe, answer));
        let (bench, report) = apply(&eth0, &answers);
        let all = [on.clone(), down.clone(), eth0.probe(0), eth0.probe(1)];
        assert_eq!(given_back(&report.lanes[0]), short(&all), "{again:?}");
        let autoprobe = bench.state().pf(&eth0).drivers_autoprobe();
        assert_eq!(autoprobe == Some(Toggle::Off), is_left, "{again:?}");
        let troubles = &report.lanes[0].troubles;
        assert_eq!(troubles.contains(&by_hand(&on)), is_left, "{again:?}: {troubles:?}");
    }
}

#[test]
fn setting_whose_phase_fails_for_another_is_not_given_back_twice_where_it_was_kept() {
    let eth0 = Port::eth0();
    let steps = vec![
        eth0.step(Phase::PreparePf, Reason::PfMustBeUp, &[eth0.admin(AdminState::Up)]),
        eth0.step(Phase::FinishPf, Reason::GiveBack, &[eth0.admin(AdminState::Down)]),
        eth0.step(Phase::FinishPf, Reason::Asked, &[eth0.mtu(9000)]),
    ];
    for answer in [Answer::Lies, Answer::Refused] {
        let bench = Bench::new(&[&eth0]).answering(&[(ActionKind::SetPfMtu, answer)]);
        let report = bench.apply(&on_ports(vec![lane(&eth0, 0, steps.clone())]));
        assert_eq!(report.result, Result::Failed, "{answer:?}");
        assert_eq!(given_back(&report.lanes[0]), "", "{answer:?}");
        assert_eq!(report.lanes[0].troubles, [""; 0], "{answer:?}");
    }
}

#[test]
fn driver_that_the_kernel_was_to_choose_is_read_again_and_by_hand_where_the_vf_has_none() {
    let eth0 = Port::eth0();
    // The VLAN is refused before the drivers are given; of those that are given back, the first is accepted alone.
    let answers = [
        (ActionKind::SetVfAttribute, Answer::Refused),
        (ActionKind::ProbeDriver, Answer::Lies),
        (ActionKind::ProbeDriver, Answer::Late(std::time::Duration::from_secs(4))),
    ];
    let (bench, report) = apply(&eth0, &answers);
    let (on, down) = (eth0.autoprobe(Toggle::On), eth0.admin(AdminState::Down));
    let expected = [on, down, eth0.probe(0), eth0.probe(1)];
    assert_eq!(given_back(&report.lanes[0]), short(&expected));
    assert_eq!(report.lanes[0].troubles, [by_hand(&eth0.probe(0))]);
    assert!(bench.state().pf(&eth0).vfs[&VfIndex(1)].driver.is_some());
}

#[test]
fn what_could_not_be_given_back_is_the_last_that_the_journal_says_of_the_lane() {
    let eth0 = Port::eth0();
    // With autoprobe off the kernel has chosen no driver either.
    let all = short(&[eth0.autoprobe(Toggle::On), eth0.probe(0), eth0.probe(1)]);
    for (again, left) in [(Answer::Works, vec![]), (Answer::Lies, vec![all])] {
        let answers = [Answer::Works, Answer::Lies, again];
        let (bench, _) = apply(&eth0, &answers.map(|answer| (ActionKind::SetDriversAutoprobe, answer)));
        let still = |entry: &JournalEntry| match entry {
            JournalEntry::PhaseBegan { phase: None, ops, owed, .. } if ops.is_empty() => Some(short(owed)),
            _ => None,
        };
        let still: Vec<String> = bench.state().entries.iter().filter_map(still).collect();
        assert_eq!(still, left, "{again:?}");
    }
}

#[test]
fn each_of_many_vfs_is_taken_from_its_driver_and_given_it() {
    let eth0 = Port::eth0();
    let count = 500;
    let bench = Bench::new(&[&eth0]);
    make_vfs(bench.state().pf(&eth0), count);
    let all = |op: fn(&Port, u16) -> Op| (0..count).map(|vf| eth0.on_any_vf(vf, op)).collect::<Vec<_>>();
    let steps = vec![
        eth0.step(Phase::Unbind, Reason::MacNeedsRebind, &all(Port::unbind)),
        eth0.step(Phase::Bind, Reason::MacNeedsRebind, &all(Port::probe)),
    ];
    let report = bench.apply(&on_ports(vec![lane(&eth0, 0, steps)]));
    assert_eq!(report.result, Result::Converged);
    assert!(bench.state().pf(&eth0).vfs.values().all(|vf| vf.driver.is_some()));
}

#[test]
fn named_driver_is_given_before_others_may_take_the_vf_and_the_kernels_choice_after() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0])
        .answering(&[(ActionKind::CreateVfs, Answer::Works), (ActionKind::SetVfAttribute, Answer::Refused)]);
    let steps = vec![
        eth0.step(Phase::PreparePf, Reason::WithholdDrivers, &[eth0.autoprobe(Toggle::Off)]),
        eth0.step(Phase::CreateVfs, Reason::Asked, &[eth0.create(2)]),
        eth0.step(Phase::ConfigureVfs, Reason::Asked, &[eth0.vlan(0, "100")]),
        eth0.step(Phase::Bind, Reason::MacNeedsRebind, &[eth0.bind(1, "igbvf")]),
        eth0.step(Phase::AllowDrivers, Reason::GiveBack, &[eth0.autoprobe(Toggle::On)]),
        eth0.step(Phase::Probe, Reason::DefaultDriver, &[eth0.probe(0)]),
    ];
    let report = bench.apply(&on_ports(vec![lane(&eth0, 0, steps)]));
    let expected = [eth0.bind(1, "igbvf"), eth0.autoprobe(Toggle::On), eth0.probe(0)];
    assert_eq!(given_back(&report.lanes[0]), short(&expected));
}

#[test]
fn what_an_earlier_apply_left_is_owed_from_the_first_phase_and_given_back_where_the_lane_fails() {
    let eth0 = Port::eth0();
    let on = eth0.autoprobe(Toggle::On);
    let steps = || {
        let mut mtu = eth0.step(Phase::PreparePf, Reason::Asked, &[eth0.mtu(9000)]);
        mtu.requires.push(eth0.is(Property::VfCount, ClaimValue::Number(0)));
        vec![mtu, eth0.step(Phase::AllowDrivers, Reason::RestoreLeft, std::slice::from_ref(&on))]
    };
    for (answer, expected) in
        [(Answer::Works, ""), (Answer::Refused, short(std::slice::from_ref(&on)).as_str())]
    {
        let bench = Bench::new(&[&eth0]).answering(&[(ActionKind::SetPfMtu, answer)]);
        bench.state().pf(&eth0).properties.note(Property::DriversAutoprobe, ClaimValue::Flag(false));
        let report = bench.apply(&on_ports(vec![lane(&eth0, 0, steps())]));
        assert_eq!(given_back(&report.lanes[0]), expected, "{answer:?}");
        assert_eq!(bench.state().pf(&eth0).drivers_autoprobe(), Some(Toggle::On), "{answer:?}");
        let first = bench.state().entries.iter().find_map(|entry| match entry {
            JournalEntry::PhaseBegan { owed, .. } => Some(short(owed)),
            _ => None,
        });
        assert_eq!(first, Some(short(std::slice::from_ref(&on))), "{answer:?}");
    }
    // A lane that never begins leaves it to the next plan.
    let bench = Bench::new(&[&eth0]);
    bench.state().pf(&eth0).properties.note(Property::DriversAutoprobe, ClaimValue::Flag(false));
    bench.state().interrupted = true;
    let report = bench.apply(&on_ports(vec![lane(&eth0, 0, steps())]));
    assert_eq!((given_back(&report.lanes[0]).as_str(), bench.performed().len()), ("", 0));
}
