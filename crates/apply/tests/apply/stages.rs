//! Stages: one after the other on a host, hosts side by side, and those of the cluster around them.

use vfctl_apply::Result;
use vfctl_plan::{Plan, ScopePlan};
use vfctl_port::{ActionKind, Scope, Stage};

use crate::bench::{Answer, Bench};
use crate::lanes::outcomes;
use crate::port::Port;
use crate::work::{module_lane, mtu_lane, plan, scope_plan};

/// Returns the plan of a host: a module, then its port.
fn module_and_port(port: &Port) -> ScopePlan {
    let module = module_lane(&port.scope(), 0, "vfio_pci");
    scope_plan(vec![(Stage::Prepare, vec![module]), (Stage::Ports, vec![mtu_lane(port, 0)])])
}

/// Returns the plan of a host between what is withdrawn from the cluster and what is offered there.
fn amid_the_cluster(port: &Port) -> Plan {
    let module = |module| vec![module_lane(&Scope::Cluster, 0, module)];
    let cluster =
        scope_plan(vec![(Stage::Withdraw, module("withdraw")), (Stage::Publish, module("publish"))]);
    let host = scope_plan(vec![(Stage::Ports, vec![mtu_lane(port, 0)])]);
    plan(vec![("lab", host)], Some(cluster))
}

#[test]
fn ports_begin_once_all_of_prepare_has_ended_on_their_host() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    let report = bench.apply(&plan(vec![("lab", module_and_port(&eth0))], None));
    assert_eq!(report.result, Result::Converged, "{}", report.render());
    let log = bench.log();
    let place = |line: &str| log.iter().position(|logged| logged == line).expect(line);
    let module = place("perform loadModule yes on module vfio_pci");
    let verified =
        module + log[module..].iter().position(|line| line.starts_with("read system")).expect("a read");
    assert!(verified < place("journal: finish PF begins"), "{log:?}");
}

#[test]
fn failing_prepare_leaves_the_ports_of_its_host_and_of_no_other() {
    let (lab, rack) = (Port::eth0(), Port::on("rack", "eth0", 1));
    let bench = Bench::new(&[&lab, &rack]).answering(&[(ActionKind::LoadModule, Answer::Refused)]);
    let rack_plan = scope_plan(vec![(Stage::Ports, vec![mtu_lane(&rack, 0)])]);
    let report = bench.apply(&plan(vec![("lab", module_and_port(&lab)), ("rack", rack_plan)], None));
    assert_eq!(report.result, Result::Failed);
    let reported: Vec<_> = report.lanes.iter().map(|lane| (lane.stage, outcomes(lane))).collect();
    let expected = [
        (Stage::Prepare, vec!["loadModule: refused".to_owned()]),
        (Stage::Ports, vec!["setPfMtu: stage prepare failed".to_owned()]),
        (Stage::Ports, vec!["setPfMtu: done".to_owned()]),
    ];
    assert_eq!(reported, expected);
    let hosts: Vec<_> = report.lanes.iter().map(|lane| lane.host.as_ref().map(ToString::to_string)).collect();
    assert_eq!(hosts, ["lab", "lab", "rack"].map(|host| Some(host.to_owned())));
}

#[test]
fn lane_that_fails_holds_up_the_next_stage_and_not_its_own() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    let bench = Bench::new(&[&eth0, &eth1]).answering(&[(ActionKind::SetPfMtu, Answer::Refused)]);
    let publish = module_lane(&eth0.scope(), 0, "offer");
    let stages =
        vec![(Stage::Ports, vec![mtu_lane(&eth0, 0), mtu_lane(&eth1, 1)]), (Stage::Publish, vec![publish])];
    let report = bench.apply(&plan(vec![("lab", scope_plan(stages))], None));
    let mut ports = vec![outcomes(&report.lanes[0]), outcomes(&report.lanes[1])];
    ports.sort();
    assert_eq!(ports, [["setPfMtu: done"], ["setPfMtu: refused"]]);
    assert_eq!(outcomes(&report.lanes[2]), ["loadModule: stage ports failed"]);
}

#[test]
fn cluster_withdraws_before_any_host_and_publishes_after_all() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    let report = bench.apply(&amid_the_cluster(&eth0));
    assert_eq!(report.result, Result::Converged, "{}", report.render());
    let expected = [
        "loadModule yes on module withdraw".to_owned(),
        format!("setPfMtu 9000 on {}", eth0.pf),
        "loadModule yes on module publish".to_owned(),
    ];
    assert_eq!(bench.performed(), expected);
    let titles: Vec<&str> = report.lanes.iter().map(|lane| lane.title.as_str()).collect();
    assert_eq!(titles, ["eth0", "withdraw", "publish"], "hosts are reported first, as in the plan");
}

#[test]
fn what_could_not_be_withdrawn_closes_the_hosts() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).answering(&[(ActionKind::LoadModule, Answer::Refused)]);
    let report = bench.apply(&amid_the_cluster(&eth0));
    let because = "the cluster's resources could not be withdrawn";
    assert_eq!(outcomes(&report.lanes[0]), [format!("setPfMtu: {because}")]);
    assert_eq!(outcomes(&report.lanes[2]), [format!("loadModule: {because}")]);
    assert_eq!(bench.performed().len(), 1);
}

#[test]
fn nothing_is_offered_where_a_host_failed() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).answering(&[(ActionKind::SetPfMtu, Answer::Refused)]);
    let report = bench.apply(&amid_the_cluster(&eth0));
    assert_eq!(outcomes(&report.lanes[1]), ["loadModule: done"]);
    assert_eq!(outcomes(&report.lanes[2]), ["loadModule: a host failed"]);
    assert_eq!(bench.performed().len(), 2);
}
