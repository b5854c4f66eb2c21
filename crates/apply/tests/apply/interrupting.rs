//! A user who asks to stop: the phase at work is ended and verified, and what was changed for a while is given back.

use vfctl_apply::Result;
use vfctl_model::Toggle;
use vfctl_port::{ActionKind, AdminState, JournalEntry, Stage};

use crate::bench::{Bench, short};
use crate::lanes::outcomes;
use crate::port::Port;
use crate::work::{module_lane, mtu_lane, on_ports, plan, scope_plan, two_vfs};

#[test]
fn user_who_stops_a_lane_is_named_and_gets_back_what_was_changed_for_a_while() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).when(ActionKind::CreateVfs, |state| state.interrupted = true);
    let report = bench.apply(&on_ports(vec![two_vfs(&eth0)]));
    assert_eq!(report.result, Result::Interrupted);
    let outcomes = outcomes(&report.lanes[0]);
    assert_eq!(
        outcomes[..5],
        [
            "setDriversAutoprobe: done",
            "setPfAdminState: done",
            // The phase at work is ended.
            "createVfs: done",
            "setVfAttribute: apply was interrupted",
            "setVfAttribute: apply was interrupted",
        ]
    );
    // What is given back is reported as that alone.
    let restored = ["setDriversAutoprobe", "setPfAdminState", "probeDriver", "probeDriver"];
    assert_eq!(outcomes[5..], restored.map(|op| format!("{op}: done")));
    let performed = bench.performed();
    let settings = [eth0.autoprobe(Toggle::On), eth0.admin(AdminState::Down)];
    assert_eq!(performed[2..], [short(&settings), short(&[eth0.probe(0), eth0.probe(1)])]);
    assert_eq!(report.lanes[0].troubles, [""; 0]);
    assert_eq!(bench.state().entries.last(), Some(&JournalEntry::Ended { converged: false }));
}

#[test]
fn user_who_stops_among_ops_that_are_done_one_by_one_waits_for_the_one_in_flight_alone() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).when(ActionKind::ProbeDriver, |state| state.interrupted = true);
    let report = bench.apply(&on_ports(vec![two_vfs(&eth0)]));
    assert_eq!(report.result, Result::Interrupted);
    let outcomes = outcomes(&report.lanes[0]);
    // What is withheld from a VF is given to it nevertheless.
    let rest = ["probeDriver: done", "probeDriver: apply was interrupted", "setPfAdminState: done"];
    assert_eq!(outcomes[6..], [&rest[..], &["probeDriver: done"]].concat());
    assert_eq!(report.lanes[0].troubles, [""; 0]);
}

#[test]
fn user_who_stops_leaves_the_lanes_and_stages_behind_untried_with_that_reason() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    let bench = Bench::new(&[&eth0, &eth1]).when(ActionKind::CreateVfs, |state| state.interrupted = true);
    let stages = vec![
        (Stage::Ports, vec![two_vfs(&eth0), mtu_lane(&eth1, 0)]),
        (Stage::Publish, vec![module_lane(&eth0.scope(), 0, "offer")]),
    ];
    let report = bench.apply(&plan(vec![("lab", scope_plan(stages))], None));
    assert_eq!(report.result, Result::Interrupted);
    assert_eq!(outcomes(&report.lanes[1]), ["setPfMtu: apply was interrupted"]);
    assert_eq!(outcomes(&report.lanes[2]), ["loadModule: apply was interrupted"]);
}

#[test]
fn user_who_stops_before_the_first_phase_has_nothing_performed() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    bench.state().interrupted = true;
    let report = bench.apply(&on_ports(vec![two_vfs(&eth0)]));
    assert_eq!(report.result, Result::Interrupted);
    assert_eq!(bench.performed(), [""; 0]);
}

#[test]
fn user_who_stops_once_all_is_done_has_it_done() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).when(ActionKind::SetPfMtu, |state| state.interrupted = true);
    let report = bench.apply(&on_ports(vec![mtu_lane(&eth0, 0)]));
    assert_eq!(report.result, Result::Converged);
    assert_eq!(bench.state().entries.last(), Some(&JournalEntry::Ended { converged: true }));
}
