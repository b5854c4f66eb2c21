//! Lanes: phases in order, each verified before the next, and closed by the first that fails.

use vfctl_apply::{LaneReport, OpReport, Result};
use vfctl_kinds::step::Reason;
use vfctl_plan::Lane;
use vfctl_port::{ActionKind, AdminState, Outcome, Phase};

use crate::bench::{Answer, Bench, refusal, short};
use crate::port::Port;
use crate::work::{lane, mtu_lane, on_ports};

/// Returns what became of each op of a lane: `done`, `refused`, `unknown`, or why it was not tried.
pub(crate) fn outcomes(lane: &LaneReport) -> Vec<String> {
    let one = |OpReport { op, outcome, because, .. }: &OpReport| {
        let outcome = match outcome {
            Outcome::Done => "done",
            Outcome::Refused(_) => "refused",
            Outcome::Unknown(_) => "unknown",
            Outcome::NotTried => because.as_deref().unwrap_or("not tried"),
        };
        format!("{}: {outcome}", op.action.kind())
    };
    lane.ops.iter().map(one).collect()
}

/// Returns the lane that creates two VFs, gives them a VLAN, and raises the MTU.
fn three_phases(port: &Port, queue: u32) -> Lane {
    lane(
        port,
        queue,
        vec![
            port.step(Phase::CreateVfs, Reason::Asked, &[port.create(2)]),
            port.step(Phase::ConfigureVfs, Reason::Asked, &[port.vlan(0, "100"), port.vlan(1, "100")]),
            port.step(Phase::FinishPf, Reason::Asked, &[port.mtu(9000)]),
        ],
    )
}

#[test]
fn phases_run_in_order_and_each_is_read_again_before_the_next_begins() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    let mut lane = three_phases(&eth0, 0);
    lane.goal = lane.steps().flat_map(|step| step.ends.clone()).collect();
    let report = bench.apply(&on_ports(vec![lane]));
    assert_eq!(report.result, Result::Converged, "{}", report.render());
    let (pf, read) = (&eth0.pf, format!("read {} of host lab", eth0.pf));
    let vfs = format!("setVfAttribute 100 on {pf} vf 0, setVfAttribute 100 on {pf} vf 1");
    let expected = [
        "journal: apply begins",
        "progress: eth0, create VFs, 1",
        "journal: create VFs begins",
        &format!("perform createVfs 2 on {pf}"),
        "journal: create VFs has ended",
        &read,
        "progress: eth0, configure VFs, 2",
        "journal: configure VFs begins",
        &format!("perform {vfs}"),
        "journal: configure VFs has ended",
        &read,
        "progress: eth0, finish PF, 1",
        "journal: finish PF begins",
        &format!("perform setPfMtu 9000 on {pf}"),
        "journal: finish PF has ended",
        // By what was read last: nothing has been done since.
        &read,
        "journal: apply ends, converged: true",
    ];
    assert_eq!(bench.log(), expected);
}

#[test]
fn steps_of_one_phase_are_performed_together() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    let steps = vec![
        eth0.step(Phase::FinishPf, Reason::Asked, &[eth0.mtu(9000)]),
        eth0.step(Phase::FinishPf, Reason::Asked, &[eth0.admin(AdminState::Up)]),
    ];
    let report = bench.apply(&on_ports(vec![lane(&eth0, 0, steps)]));
    assert_eq!(report.result, Result::Converged, "{}", report.render());
    let ops = [eth0.mtu(9000), eth0.admin(AdminState::Up)];
    assert_eq!(bench.performed(), [short(&ops)]);
}

#[test]
fn refused_phase_closes_its_lane_and_its_queue_and_no_other_queue() {
    let ports: Vec<Port> =
        [(1, "eth0"), (2, "eth1"), (3, "eth2")].map(|(bus, title)| Port::on("lab", title, bus)).into();
    let bench =
        Bench::new(&[&ports[0], &ports[1], &ports[2]]).answering(&[(ActionKind::CreateVfs, Answer::Refused)]);
    let lanes = vec![three_phases(&ports[0], 7), mtu_lane(&ports[1], 8), mtu_lane(&ports[2], 7)];
    let report = bench.apply(&on_ports(lanes));
    assert_eq!(report.result, Result::Failed);
    let titles: Vec<&str> = report.lanes.iter().map(|lane| lane.title.as_str()).collect();
    assert_eq!(titles, ["eth0", "eth1", "eth2"], "the order is the plan's");
    let closed = "phase create VFs failed";
    let expected = [
        "createVfs: refused".to_owned(),
        format!("setVfAttribute: {closed}"),
        format!("setVfAttribute: {closed}"),
        format!("setPfMtu: {closed}"),
    ];
    assert_eq!(outcomes(&report.lanes[0]), expected);
    assert_eq!(report.lanes[0].ops[0].outcome, Outcome::Refused(refusal()));
    assert_eq!(outcomes(&report.lanes[1]), ["setPfMtu: done"]);
    let because = "eth0 failed; it shares a bond, a bridge or the path to this host";
    assert_eq!(outcomes(&report.lanes[2]), [format!("setPfMtu: {because}")]);
    assert_eq!(bench.performed().len(), 2);
}

#[test]
fn what_was_accepted_and_not_kept_closes_the_lane_and_is_unmet() {
    let eth0 = Port::eth0();
    let cases = [
        (ActionKind::CreateVfs, "the new VFs are not as expected; run plan again", 1),
        (
            ActionKind::SetVfAttribute,
            "the kernel accepted phase configure VFs, but the values did not change",
            2,
        ),
    ];
    for (kind, because, phases) in cases {
        let bench = Bench::new(&[&eth0]).answering(&[(kind, Answer::Lies)]);
        let report = bench.apply(&on_ports(vec![three_phases(&eth0, 0)]));
        assert_eq!(report.result, Result::Failed, "{kind}");
        let [lane] = &report.lanes[..] else { panic!("one lane") };
        let [unmet] = &lane.unmet[..] else { panic!("{kind}: one claim, {:?}", lane.unmet) };
        let (phase, claim, found) = match kind {
            ActionKind::CreateVfs => (Phase::CreateVfs, format!("{}: count is 2", eth0.pf), "0"),
            _ => (Phase::ConfigureVfs, format!("{} vf 0: vlan is 100", eth0.pf), "none"),
        };
        assert_eq!((unmet.phase, &unmet.claim, unmet.found.as_str()), (Some(phase), &claim, found));
        assert_eq!(outcomes(lane).last(), Some(&format!("setPfMtu: {because}")));
        assert_eq!(bench.performed().len(), phases, "{kind}");
    }
}

#[test]
fn answer_that_was_lost_is_made_up_for_by_reading_where_the_op_is_a_message() {
    let eth0 = Port::eth0();
    for (answer, result, outcome) in
        [(Answer::Silent, Result::Converged, "done"), (Answer::Hangs, Result::Failed, "unknown")]
    {
        let bench = Bench::new(&[&eth0]).answering(&[(ActionKind::SetPfMtu, answer)]);
        let report = bench.apply(&on_ports(vec![mtu_lane(&eth0, 0)]));
        assert_eq!(report.result, result, "{answer:?}");
        assert_eq!(outcomes(&report.lanes[0]), [format!("setPfMtu: {outcome}")]);
        assert_eq!(report.lanes[0].unmet.is_empty(), answer == Answer::Silent);
    }
}

#[test]
fn store_that_did_not_come_back_closes_the_lane_even_where_it_shows() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).answering(&[(ActionKind::CreateVfs, Answer::Silent)]);
    let report = bench.apply(&on_ports(vec![three_phases(&eth0, 0)]));
    assert_eq!(report.result, Result::Failed);
    assert_eq!(outcomes(&report.lanes[0])[..1], ["createVfs: unknown"]);
    assert_eq!(bench.performed().len(), 1);
}

#[test]
fn op_that_the_edge_did_not_begin_is_left_because_of_the_one_before_it() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).answering(&[
        (ActionKind::SetVfAttribute, Answer::Refused),
        (ActionKind::SetVfAttribute, Answer::NotTried),
    ]);
    let report = bench.apply(&on_ports(vec![three_phases(&eth0, 0)]));
    let expected = [
        "createVfs: done",
        "setVfAttribute: refused",
        "setVfAttribute: an earlier operation failed",
        "setPfMtu: phase configure VFs failed",
    ];
    assert_eq!(outcomes(&report.lanes[0]), expected);
}

#[test]
fn what_cannot_be_read_again_is_trouble_and_closes_the_lane() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).when(ActionKind::CreateVfs, |state| state.readable = false);
    let report = bench.apply(&on_ports(vec![three_phases(&eth0, 0)]));
    assert_eq!(report.result, Result::Failed);
    assert_eq!(report.lanes[0].troubles, ["failed to reach host lab from here"]);
    let because = "setPfMtu: the result of phase create VFs could not be read";
    assert_eq!(outcomes(&report.lanes[0]).last().map(String::as_str), Some(because));
    assert_eq!(bench.performed().len(), 1);
}

#[test]
fn thing_that_goes_away_under_a_phase_is_gone_and_not_said_to_have_kept_nothing() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]).when(ActionKind::SetVfAttribute, |state| {
        let host = state.world.hosts.values_mut().next().expect("a host");
        host.physical_functions.clear();
    });
    let lies = (ActionKind::SetVfAttribute, Answer::Lies);
    let bench = bench.answering(&[lies, lies]);
    let report = bench.apply(&on_ports(vec![three_phases(&eth0, 0)]));
    assert_eq!(report.result, Result::Failed);
    let because = "setPfMtu: what phase configure VFs changed is gone";
    assert_eq!(outcomes(&report.lanes[0]).last().map(String::as_str), Some(because));
}

#[test]
fn lane_without_work_is_reported_clean_and_not_even_read() {
    let eth0 = Port::eth0();
    let bench = Bench::new(&[&eth0]);
    let mut idle = lane(&eth0, 0, Vec::new());
    idle.goal = vec![eth0.has_carrier()];
    let report = bench.apply(&on_ports(vec![idle]));
    assert_eq!((report.result, report.lanes.len()), (Result::Converged, 1));
    assert_eq!(bench.log(), ["journal: apply begins", "journal: apply ends, converged: true"]);
}
