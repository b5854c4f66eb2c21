//! How long what takes time to become true is waited for, and what is not waited for.

use std::time::Duration;

use vfctl_apply::Result;
use vfctl_kinds::step::Reason;
use vfctl_port::{ActionKind, AdminState, ClaimValue, Phase, Property};

use crate::bench::{Answer, Bench};
use crate::lanes::outcomes;
use crate::port::Port;
use crate::work::{lane, mtu_lane, on_ports};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn end_of_a_phase_is_awaited_as_long_as_its_slowest_step_may_take_and_no_longer() {
    let eth0 = Port::eth0();
    for (settle, late, converges) in [(0, 200, false), (500, 500, true), (500, 300, true), (500, 700, false)]
    {
        let bench = Bench::new(&[&eth0]).answering(&[(ActionKind::SetPfMtu, Answer::Late(ms(late)))]);
        let mut work = mtu_lane(&eth0, 0);
        let mut quick = eth0.step(Phase::FinishPf, Reason::Asked, &[eth0.admin(AdminState::Up)]);
        quick.settle_ms = 10;
        work.phases[0].steps[0].settle_ms = settle;
        work.phases[0].steps.push(quick);
        let report = bench.apply(&on_ports(vec![work]));
        assert_eq!(report.result == Result::Converged, converges, "{settle} {late}: {}", report.render());
        assert!(bench.now() <= ms(u64::from(settle.max(10)) + 100), "{settle} {late}: {:?}", bench.now());
    }
}

#[test]
fn what_a_phase_requires_is_awaited_and_without_it_the_phase_does_not_begin() {
    let eth0 = Port::eth0();
    for (comes, performs) in [(300, true), (900, false)] {
        let port = eth0.clone();
        let bench = Bench::new(&[&eth0]).at(ms(comes), move |state| {
            state.pf(&port).netdev.as_mut().expect("an interface").carrier = true;
        });
        let mut step = eth0.step(Phase::FinishPf, Reason::Asked, &[eth0.mtu(9000)]);
        (step.requires, step.settle_ms) = (vec![eth0.has_carrier()], 500);
        let first = eth0.step(Phase::CreateVfs, Reason::Asked, &[eth0.create(1)]);
        let report = bench.apply(&on_ports(vec![lane(&eth0, 0, vec![first, step])]));
        assert_eq!(report.result == Result::Converged, performs, "{}", report.render());
        if !performs {
            assert_eq!(outcomes(&report.lanes[0])[1], "setPfMtu: its preconditions do not hold");
            let unmet = &report.lanes[0].unmet[0];
            assert_eq!((unmet.phase, unmet.found.as_str()), (Some(Phase::FinishPf), "no"));
        }
        assert_eq!(bench.performed().len(), 1 + usize::from(performs));
    }
}

#[test]
fn what_a_phase_awaits_is_no_condition() {
    let eth0 = Port::eth0();
    for (comes, begins) in [(300, 300..=400), (60_000, 8_000..=8_100)] {
        let port = eth0.clone();
        let bench = Bench::new(&[&eth0]).at(ms(comes), move |state| {
            state.pf(&port).netdev.as_mut().expect("an interface").carrier = true;
        });
        let mut step = eth0.step(Phase::FinishPf, Reason::Asked, &[eth0.mtu(9000)]);
        step.awaits = vec![eth0.has_carrier()];
        let report = bench.apply(&on_ports(vec![lane(&eth0, 0, vec![step])]));
        assert_eq!(report.result, Result::Converged, "{}", report.render());
        assert!(begins.contains(&bench.now().as_millis()), "{comes}: {:?}", bench.now());
    }
}

#[test]
fn phases_behind_one_that_could_not_begin_are_left_because_of_it() {
    let eth0 = Port::eth0();
    let mut first = eth0.step(Phase::CreateVfs, Reason::Asked, &[eth0.create(1)]);
    first.requires = vec![eth0.has_carrier()];
    let last = eth0.step(Phase::FinishPf, Reason::Asked, &[eth0.mtu(9000)]);
    let report = Bench::new(&[&eth0]).apply(&on_ports(vec![lane(&eth0, 0, vec![first, last])]));
    let expected = ["createVfs: its preconditions do not hold", "setPfMtu: phase create VFs could not begin"];
    assert_eq!(outcomes(&report.lanes[0]), expected);
}

#[test]
fn goal_is_awaited_for_5_seconds_and_with_a_carrier_for_30() {
    let eth0 = Port::eth0();
    for (comes, needed_after, converges) in
        [(4_900, false, true), (5_200, false, false), (29_900, true, true), (30_200, true, false)]
    {
        let port = eth0.clone();
        let bench = Bench::new(&[&eth0]).at(ms(comes), move |state| {
            state.pf(&port).netdev.as_mut().expect("an interface").carrier = true;
        });
        let mut work = mtu_lane(&eth0, 0);
        let claims = if needed_after { &mut work.afterwards } else { &mut work.goal };
        claims.push(eth0.has_carrier());
        let report = bench.apply(&on_ports(vec![work]));
        assert_eq!(report.result == Result::Converged, converges, "{comes}: {}", report.render());
        if !converges {
            let unmet = &report.lanes[0].unmet[0];
            assert_eq!((unmet.phase, unmet.found.as_str()), (None, "no"), "it is of the goal");
        }
    }
}

#[test]
fn next_lane_of_a_queue_begins_once_the_carrier_is_back() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    for (returns, begins) in [(8_000, true), (40_000, false)] {
        let port = eth0.clone();
        let bench = Bench::new(&[&eth0, &eth1]).at(ms(returns), move |state| {
            state.pf(&port).netdev.as_mut().expect("an interface").carrier = true;
        });
        let mut first = mtu_lane(&eth0, 0);
        first.afterwards.push(eth0.has_carrier());
        let report = bench.apply(&on_ports(vec![first, mtu_lane(&eth1, 0)]));
        assert_eq!(report.lanes[1].ops[0].because.is_none(), begins);
        assert_eq!(bench.performed().len(), 1 + usize::from(begins));
    }
}

#[test]
fn value_that_does_not_last_until_the_end_is_unmet_in_the_goal() {
    let eth0 = Port::eth0();
    let port = eth0.clone();
    let bench = Bench::new(&[&eth0]).when(ActionKind::SetPfAdminState, move |state| {
        state.pf(&port).netdev.as_mut().expect("an interface").mtu = 1500;
    });
    let steps = vec![
        eth0.step(Phase::PreparePf, Reason::Asked, &[eth0.mtu(9000)]),
        eth0.step(Phase::FinishPf, Reason::Asked, &[eth0.admin(AdminState::Up)]),
    ];
    let mut work = lane(&eth0, 0, steps);
    work.goal = vec![eth0.is(Property::Mtu, ClaimValue::Number(9000))];
    let report = bench.apply(&on_ports(vec![work]));
    assert_eq!(report.result, Result::Failed);
    assert_eq!(outcomes(&report.lanes[0]), ["setPfMtu: done", "setPfAdminState: done"]);
    assert_eq!((report.lanes[0].unmet[0].phase, report.lanes[0].unmet[0].found.as_str()), (None, "1500"));
}
