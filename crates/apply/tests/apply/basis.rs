//! What a plan rests on: held before the first write, and again where a lane has waited.

use std::time::Duration;

use vfctl_apply::{Result, broken_basis};
use vfctl_port::{ActionKind, ClaimValue, Property, Stage, StuckStore};

use crate::bench::Bench;
use crate::lanes::outcomes;
use crate::port::Port;
use crate::work::{mtu_lane, on_ports, plan, scope_plan};

/// Returns the lane that sets the MTU of a port which is down.
fn lane_of_a_port_that_is_down(port: &Port) -> vfctl_plan::Lane {
    let mut lane = mtu_lane(port, 0);
    lane.basis = vec![port.is(Property::AdminState, ClaimValue::Flag(false))];
    lane
}

fn set_up(port: &Port) -> impl FnOnce(&mut crate::bench::State) + Send + 'static {
    let port = port.clone();
    move |state| state.pf(&port).netdev.as_mut().expect("an interface").up = true
}

#[test]
fn stale_plan_is_refused_with_nothing_read_journaled_or_performed() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    let bench = Bench::new(&[&eth0, &eth1]);
    set_up(&eth1)(&mut bench.state());
    let work = on_ports(vec![lane_of_a_port_that_is_down(&eth0), lane_of_a_port_that_is_down(&eth1)]);
    let report = bench.apply(&work);
    assert_eq!(report.result, Result::Refused);
    assert_eq!(report.lanes, []);
    let stale = format!("plan is stale: expected {}: adminState is down, found up; run plan again", eth1.pf);
    assert_eq!(report.refusals, [stale]);
    assert_eq!(bench.log(), [""; 0]);
}

#[test]
fn thing_that_is_gone_is_named_once_in_place_of_all_that_was_true_of_it() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    let mut lane = lane_of_a_port_that_is_down(&eth0);
    lane.basis.push(eth0.is(Property::Mtu, ClaimValue::Number(1500)));
    let work = on_ports(vec![lane]);
    let mut world = bench.look().world;
    assert_eq!(broken_basis(&work, &world), [""; 0]);
    world.hosts.get_mut(&eth0.host).expect("the host").physical_functions.clear();
    assert_eq!(broken_basis(&work, &world), [format!("expected eth0 ({}), found none", eth0.pf)]);
}

#[test]
fn of_several_hosts_the_one_is_named_whose_basis_is_broken() {
    let (eth0, other) = (Port::eth0(), Port::on("rack", "eth0", 1));
    let bench = Bench::new(&[&eth0, &other]);
    set_up(&other)(&mut bench.state());
    let of = |port: &Port| scope_plan(vec![(Stage::Ports, vec![lane_of_a_port_that_is_down(port)])]);
    let work = plan(vec![("lab", of(&eth0)), ("rack", of(&other))], None);
    let report = bench.apply(&work);
    assert_eq!(report.refusals.len(), 1, "{:?}", report.refusals);
    assert!(report.refusals[0].starts_with("plan is stale: host rack: expected "), "{:?}", report.refusals);
    assert_eq!(bench.performed(), [""; 0], "nor is anything done on the other host");
}

#[test]
fn what_cannot_be_known_does_not_hold() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    bench.state().pf(&eth0).netdev = None;
    let report = bench.apply(&on_ports(vec![lane_of_a_port_that_is_down(&eth0)]));
    assert_eq!(report.result, Result::Refused);
    assert!(report.refusals[0].contains("found not known: "), "{:?}", report.refusals);
}

#[test]
fn write_that_is_blocked_in_the_kernel_is_in_the_way_of_its_device_alone() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    let bench = Bench::new(&[&eth0, &eth1]);
    let stuck = StuckStore { pid: 4711, device: eth1.pf.clone(), path: "sriov_numvfs".to_owned() };
    bench.state().world.hosts.get_mut(&eth0.host).expect("the host").system.stuck_stores.push(stuck);
    let report = bench.apply(&on_ports(vec![mtu_lane(&eth1, 0)]));
    assert_eq!(report.result, Result::Refused);
    assert!(report.refusals[0].contains("pid 4711 blocked in the kernel"), "{:?}", report.refusals);
    assert_eq!(bench.log(), [""; 0]);
    let report = bench.apply(&on_ports(vec![mtu_lane(&eth0, 0)]));
    assert_eq!(report.result, Result::Converged);
}

#[test]
fn lane_that_has_waited_holds_its_basis_again() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    // However short the wait was: the lane before it may have changed what this one rests on.
    for waits in [20, 0] {
        let change = set_up(&eth1);
        let bench = Bench::new(&[&eth0, &eth1]).when(ActionKind::SetPfMtu, move |state| {
            state.pass(Duration::from_secs(waits));
            change(state);
        });
        let report = bench.apply(&on_ports(vec![mtu_lane(&eth0, 0), lane_of_a_port_that_is_down(&eth1)]));
        assert_eq!((bench.whole_looks(), bench.performed().len()), (1, 1), "{waits} s");
        assert_eq!(report.result, Result::Failed);
        let stale =
            format!("plan is stale: expected {}: adminState is down, found up; run plan again", eth1.pf);
        assert_eq!(report.lanes[1].troubles, [stale]);
        assert_eq!(outcomes(&report.lanes[1]), ["setPfMtu: the plan is stale"]);
    }
}

#[test]
fn lane_that_waited_and_cannot_look_again_does_not_begin() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    let before = bench.look();
    bench.state().pass(Duration::from_secs(20));
    bench.state().readable = false;
    let report = bench.apply_after(&on_ports(vec![mtu_lane(&eth0, 0)]), &before);
    assert_eq!(bench.performed(), [""; 0]);
    assert_eq!(report.lanes[0].troubles, ["failed to reach host lab from here"]);
}
