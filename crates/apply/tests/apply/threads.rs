//! Lanes of different queues and hosts run at the same time; those of one queue never do.

use std::time::Duration;

use vfctl_apply::Result;
use vfctl_port::Stage;

use crate::bench::Bench;
use crate::meeting::Meeting;
use crate::port::Port;
use crate::work::{mtu_lane, on_ports, plan, scope_plan};

/// How long one that is sure to be met waits: a machine that is busy takes its time.
const SURE: Duration = Duration::from_secs(60);
/// How long one waits that nobody is to meet.
const ALONE: Duration = Duration::from_millis(300);

#[test]
fn lanes_of_different_queues_perform_at_the_same_time() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    let bench = Bench::new(&[&eth0, &eth1]).meeting_at(Meeting::new(SURE));
    let report = bench.apply(&on_ports(vec![mtu_lane(&eth0, 0), mtu_lane(&eth1, 1)]));
    assert_eq!((report.result, bench.most_at_once()), (Result::Converged, 2));
}

#[test]
fn lanes_of_one_queue_perform_one_after_the_other() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    let bench = Bench::new(&[&eth0, &eth1]).meeting_at(Meeting::new(ALONE));
    let report = bench.apply(&on_ports(vec![mtu_lane(&eth0, 3), mtu_lane(&eth1, 3)]));
    assert_eq!((report.result, bench.most_at_once()), (Result::Converged, 1));
    let performed = bench.performed();
    assert!(performed[0].ends_with(&eth0.pf.to_string()), "the order is the plan's: {performed:?}");
}

#[test]
fn stages_of_one_host_do_not_overlap() {
    let (eth0, eth1) = (Port::eth0(), Port::eth1());
    let bench = Bench::new(&[&eth0, &eth1]).meeting_at(Meeting::new(ALONE));
    let stages = vec![(Stage::Prepare, vec![mtu_lane(&eth0, 0)]), (Stage::Ports, vec![mtu_lane(&eth1, 1)])];
    let report = bench.apply(&plan(vec![("lab", scope_plan(stages))], None));
    assert_eq!((report.result, bench.most_at_once()), (Result::Converged, 1));
}

#[test]
fn hosts_perform_at_the_same_time_also_where_their_queues_have_one_number() {
    let (lab, rack) = (Port::eth0(), Port::on("rack", "eth0", 1));
    let bench = Bench::new(&[&lab, &rack]).meeting_at(Meeting::new(SURE));
    let of = |port: &Port| scope_plan(vec![(Stage::Ports, vec![mtu_lane(port, 0)])]);
    let report = bench.apply(&plan(vec![("lab", of(&lab)), ("rack", of(&rack))], None));
    assert_eq!((report.result, bench.most_at_once()), (Result::Converged, 2));
}
