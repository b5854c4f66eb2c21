//! Claims on who uses what: they are held against a look at the whole host that is young, right before the write.

use std::time::Duration;

use vfctl_apply::Result;
use vfctl_kinds::step::{Reason, Step};
use vfctl_model::VfIndex;
use vfctl_port::{ActionKind, AdminState, Phase, Scope, Stage, Use};

use crate::bench::{Bench, State};
use crate::kernel::make_vfs;
use crate::lanes::outcomes;
use crate::port::Port;
use crate::work::{lane, module_lane, mtu_lane, on_ports, plan, scope_plan};

/// Returns a bench whose port has one VF.
fn with_a_vf(port: &Port, more: &[&Port]) -> Bench {
    let bench = Bench::new(&[&[port], more].concat());
    make_vfs(bench.state().pf(port), 1);
    bench
}

/// Lets somebody use VF 0.
fn use_vf(state: &mut State, port: &Port) {
    let user = Use::Addressed { interface: None, address: "10.0.0.9/24".to_owned() };
    state.pf(port).vfs.get_mut(&VfIndex(0)).expect("a VF").uses.push(user);
}

/// Returns the step that takes VF 0 from its driver, which nobody may use.
fn unbind_unused(port: &Port) -> Step {
    let mut step = port.step(Phase::Unbind, Reason::Asked, &[port.unbind(0)]);
    step.requires = vec![port.is_unused(0)];
    step
}

#[test]
fn young_look_is_taken_for_what_it_says_and_an_old_one_is_taken_anew() {
    let eth0 = Port::eth0();
    for (age, looks) in [(0, 0), (999, 0), (1_000, 1), (60_000, 1)] {
        let bench = with_a_vf(&eth0, &[]);
        let before = bench.look();
        bench.state().pass(Duration::from_millis(age));
        let report = bench.apply_after(&on_ports(vec![lane(&eth0, 0, vec![unbind_unused(&eth0)])]), &before);
        assert_eq!(report.result, Result::Converged, "{}", report.render());
        assert_eq!(bench.whole_looks(), looks, "{age} ms");
    }
}

#[test]
fn user_who_came_since_the_look_ends_the_lane_before_anything_is_written() {
    let eth0 = Port::eth0();
    let bench = with_a_vf(&eth0, &[]);
    let before = bench.look();
    bench.state().pass(Duration::from_secs(20));
    use_vf(&mut bench.state(), &eth0);
    let report = bench.apply_after(&on_ports(vec![lane(&eth0, 0, vec![unbind_unused(&eth0)])]), &before);
    assert_eq!(report.result, Result::Failed);
    assert_eq!(bench.performed(), [""; 0]);
    let [unmet] = &report.lanes[0].unmet[..] else { panic!("{:?}", report.lanes[0].unmet) };
    let claim = format!("{} vf 0: inUse is no", eth0.pf);
    assert_eq!((unmet.phase, &unmet.claim, unmet.found.as_str()), (Some(Phase::Unbind), &claim, "yes"));
    assert_eq!(outcomes(&report.lanes[0]), ["unbindDriver: its preconditions do not hold"]);
}

#[test]
fn user_who_came_while_an_earlier_phase_took_its_time_ends_the_lane() {
    let eth0 = Port::eth0();
    let port = eth0.clone();
    let bench = with_a_vf(&eth0, &[]).when(ActionKind::SetPfAdminState, move |state| {
        state.pass(Duration::from_secs(3));
        use_vf(state, &port);
    });
    let up = eth0.step(Phase::SetPfUp, Reason::Asked, &[eth0.admin(AdminState::Up)]);
    let report = bench.apply(&on_ports(vec![lane(&eth0, 0, vec![up, unbind_unused(&eth0)])]));
    assert_eq!(report.result, Result::Failed);
    assert_eq!(
        outcomes(&report.lanes[0]),
        ["setPfAdminState: done", "unbindDriver: its preconditions do not hold"]
    );
    assert_eq!(bench.whole_looks(), 1);
}

#[test]
fn user_who_came_while_a_carrier_was_awaited_ends_the_lane() {
    let eth0 = Port::eth0();
    let (comes, user) = (eth0.clone(), eth0.clone());
    let bench = with_a_vf(&eth0, &[]).at(Duration::from_secs(2), move |state| use_vf(state, &user)).at(
        Duration::from_secs(4),
        move |state| {
            state.pf(&comes).netdev.as_mut().expect("an interface").carrier = true;
        },
    );
    let mut step = unbind_unused(&eth0);
    step.requires.push(eth0.has_carrier());
    step.settle_ms = 10_000;
    let report = bench.apply(&on_ports(vec![lane(&eth0, 0, vec![step])]));
    assert_eq!(report.result, Result::Failed);
    assert_eq!(bench.performed(), [""; 0]);
    assert_eq!(report.lanes[0].unmet[0].claim, format!("{} vf 0: inUse is no", eth0.pf));
}

#[test]
fn user_is_not_awaited_to_go() {
    let eth0 = Port::eth0();
    let bench = with_a_vf(&eth0, &[]);
    use_vf(&mut bench.state(), &eth0);
    let mut step = unbind_unused(&eth0);
    step.settle_ms = 10_000;
    let report = bench.apply(&on_ports(vec![lane(&eth0, 0, vec![step])]));
    assert_eq!((report.result, bench.now()), (Result::Failed, Duration::ZERO));
}

#[test]
fn look_that_fails_ends_the_lane_before_anything_is_written() {
    let eth0 = Port::eth0();
    let bench = with_a_vf(&eth0, &[]).at(Duration::from_secs(2), |state| state.readable = false);
    let before = bench.look();
    bench.state().pass(Duration::from_secs(2));
    let report = bench.apply_after(&on_ports(vec![lane(&eth0, 0, vec![unbind_unused(&eth0)])]), &before);
    assert_eq!(bench.performed(), [""; 0]);
    assert_eq!(report.lanes[0].troubles, ["failed to reach host lab from here"]);
}

#[test]
fn what_is_read_of_a_pf_alone_does_not_hide_who_uses_its_vfs() {
    let eth0 = Port::eth0();
    let bench = with_a_vf(&eth0, &[]);
    use_vf(&mut bench.state(), &eth0);
    // The first phase is verified by a read that does not look at users.
    let up = eth0.step(Phase::SetPfUp, Reason::Asked, &[eth0.admin(AdminState::Up)]);
    let report = bench.apply(&on_ports(vec![lane(&eth0, 0, vec![up, unbind_unused(&eth0)])]));
    assert_eq!(report.result, Result::Failed);
    assert_eq!(bench.performed().len(), 1);
    assert_eq!(bench.whole_looks(), 0, "the look of before is young and says so");
}

#[test]
fn lane_that_waited_for_another_looks_again_and_finds_the_user_of_its_vf() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    let port = eth1.clone();
    let bench = with_a_vf(&eth1, &[&eth0]).when(ActionKind::SetPfMtu, move |state| {
        state.pass(Duration::from_secs(9));
        use_vf(state, &port);
    });
    let lanes = vec![mtu_lane(&eth0, 0), lane(&eth1, 0, vec![unbind_unused(&eth1)])];
    let report = bench.apply(&on_ports(lanes));
    assert_eq!(outcomes(&report.lanes[1]), ["unbindDriver: its preconditions do not hold"]);
    assert_eq!(bench.performed().len(), 1);
}

#[test]
fn lane_behind_another_of_its_queue_looks_again_however_soon_it_begins() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    let port = eth1.clone();
    let bench = with_a_vf(&eth1, &[&eth0]).when(ActionKind::SetPfMtu, move |state| use_vf(state, &port));
    let lanes = vec![mtu_lane(&eth0, 0), lane(&eth1, 0, vec![unbind_unused(&eth1)])];
    let report = bench.apply(&on_ports(lanes));
    assert_eq!(bench.now(), Duration::ZERO);
    assert_eq!(outcomes(&report.lanes[1]), ["unbindDriver: its preconditions do not hold"]);
    assert_eq!((bench.performed().len(), bench.whole_looks()), (1, 1));
}

#[test]
fn lane_looks_again_only_where_something_was_done_before_it_that_may_concern_it() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    let idle = || lane(&eth0, 0, Vec::new());
    let unbind = |queue| lane(&eth1, queue, vec![unbind_unused(&eth1)]);
    let module = || module_lane(&eth0.scope(), 0, "vfio_pci");
    let cases = [
        ("alone", vec![(Stage::Ports, vec![unbind(0)])], 0),
        ("behind an idle lane", vec![(Stage::Ports, vec![idle(), unbind(0)])], 0),
        ("in another queue", vec![(Stage::Ports, vec![mtu_lane(&eth0, 0), unbind(1)])], 0),
        ("behind an idle stage", vec![(Stage::Prepare, vec![idle()]), (Stage::Ports, vec![unbind(0)])], 0),
        ("behind a module", vec![(Stage::Prepare, vec![module()]), (Stage::Ports, vec![unbind(0)])], 1),
    ];
    for (name, stages, looks) in cases {
        let bench = with_a_vf(&eth1, &[&eth0]);
        let report = bench.apply(&plan(vec![("lab", scope_plan(stages))], None));
        assert_eq!(report.result, Result::Converged, "{name}: {}", report.render());
        assert_eq!(bench.whole_looks(), looks, "{name}");
    }
}

#[test]
fn cluster_looks_again_after_what_was_withdrawn() {
    let eth0 = Port::eth0();
    let module = |module| vec![module_lane(&Scope::Cluster, 0, module)];
    let cluster =
        scope_plan(vec![(Stage::Withdraw, module("withdraw")), (Stage::Publish, module("publish"))]);
    let bench = Bench::new(&[&eth0]);
    let report = bench.apply(&plan(Vec::new(), Some(cluster)));
    assert_eq!(report.result, Result::Converged, "{}", report.render());
    assert_eq!(bench.whole_looks(), 0);
    let reads = bench.log().iter().filter(|line| line.ends_with("objects of cluster")).count();
    assert!(reads > 0, "{:?}", bench.log());
}
