//! Runs a host's plan: basis first, then the host's own steps, then one thread for each queue of lanes.

use std::collections::BTreeMap;

use vfctl_model::VfIndex;
use vfctl_plan::{HostPlan, Lane};
use vfctl_port::{HostFacts, JournalEntry, StuckStore, with_causes};

use crate::edges::Edges;
use crate::lane::{INTERRUPTED, LaneRun, broken};
use crate::look::Look;
use crate::perform::prepare;
use crate::report::{LaneReport, Report, ReportFormat, Result};

/// Returns what the plan rests on that is not so any more; none where it is not stale.
pub fn broken_basis(plan: &HostPlan, host: &HostFacts) -> Vec<String> {
    let gone = |lane: &Lane| !host.physical_functions.contains_key(&lane.pf);
    let (gone, there): (Vec<&Lane>, Vec<&Lane>) = plan.lanes.iter().partition(|lane| gone(lane));
    let gone = gone.into_iter().map(|lane| format!("{} ({}), which is gone", lane.title(), lane.pf));
    let claims = there.into_iter().flat_map(|lane| broken(host, &lane.basis));
    let claims = claims.map(|unmet| format!("{}, but it is {} now", unmet.claim, unmet.found));
    let in_the_way = |stuck: &&StuckStore| {
        plan.lanes.iter().any(|lane| lane.steps().next().is_some() && is_of(stuck, lane, host))
    };
    let stuck = host.system.stuck_stores.iter().filter(in_the_way).map(|stuck| {
        format!("no write that sits in the kernel, but pid {} does, writing {}", stuck.pid, stuck.path)
    });
    gone.chain(claims).chain(stuck).collect()
}

/// Returns the writes that sit in the kernel and that neither the plan's problems tell of nor a stale plan: those on
/// devices where it does nothing.
pub fn stuck_elsewhere<'a>(plan: &HostPlan, host: &'a HostFacts) -> Vec<&'a StuckStore> {
    let told = |lane: &Lane| lane.steps().next().is_some() || !lane.findings.problems.is_empty();
    let lanes: Vec<&Lane> = plan.lanes.iter().filter(|lane| told(lane)).collect();
    let elsewhere = |stuck: &&StuckStore| !lanes.iter().any(|lane| is_of(stuck, lane, host));
    host.system.stuck_stores.iter().filter(elsewhere).collect()
}

/// Returns whether a store is one on the lane's PF or on a VF of it, also one whose place among the PF's VFs is all
/// that is left of it: whoever holds a device's lock holds up the removal of all.
fn is_of(stuck: &StuckStore, lane: &Lane, host: &HostFacts) -> bool {
    let is_vf = || {
        let facts = host.physical_functions.get(&lane.pf)?;
        let mut places = (0..facts.total_vfs.max(facts.vf_count)).map(VfIndex);
        places.find(|vf| {
            let address = facts.vf_address(lane.pf.pci(), *vf);
            address.is_some() && address == stuck.device.pci()
        })
    };
    stuck.device == lane.pf || is_vf().is_some()
}

/// Returns the report of an apply that is refused since the plan is stale; `None` where it may begin. Whoever keeps
/// a journal asks before it is begun: one without an apply would look like one that was cut off.
pub fn refused_as_stale(plan: &HostPlan, host: &HostFacts) -> Option<Report> {
    let broken = broken_basis(plan, host);
    let refusals = broken.into_iter().map(|broken| format!("the plan rests on {broken}")).collect::<Vec<_>>();
    (!refusals.is_empty()).then(|| Report::refused(refusals))
}

/// Applies a host's plan to the host.
///
/// `before` is a look at the host of just now. Nothing is written where the plan's basis is broken.
pub fn apply(plan: &HostPlan, before: &Look, edges: Edges<'_>) -> Report {
    if let Some(report) = refused_as_stale(plan, &before.host) {
        return report;
    }
    let documents = plan.documents.clone();
    let began = JournalEntry::Began { documents, before: Box::new(before.host.clone()) };
    if let Err(error) = edges.journal.record(&began) {
        return Report::refused(vec![format!("failed to {}", with_causes(&error))]);
    }
    let mut lanes = Vec::new();
    let mut closed = None;
    if !plan.prepare.is_empty() {
        let report = prepare(&edges, &plan.prepare);
        if !report.is_clean() {
            closed = Some("the host could not be made ready".to_owned());
        }
        lanes.push(report);
    }
    lanes.extend(run_lanes(plan, before, edges, closed));
    let interrupted = edges.clock.interrupted();
    let clean = lanes.iter().all(LaneReport::is_clean);
    let result = match (clean, interrupted) {
        (true, _) => Result::Converged,
        (false, true) => Result::Interrupted,
        (false, false) => Result::Failed,
    };
    let mut report = Report { format: ReportFormat::V1, result, refusals: Vec::new(), lanes };
    if let Err(error) = edges.journal.record(&JournalEntry::Ended { converged: result == Result::Converged })
    {
        report.refusals.push(format!("failed to {}", with_causes(&error)));
        report.result = Result::Failed;
    }
    report
}

/// Runs each queue of lanes in a thread of its own; within a queue one lane after the other, and a lane that
/// fails closes those behind it, since they share a path to the host. Reports come in the order of the plan.
fn run_lanes(plan: &HostPlan, before: &Look, edges: Edges<'_>, closed: Option<String>) -> Vec<LaneReport> {
    let mut queues: BTreeMap<u32, Vec<(usize, &Lane)>> = BTreeMap::new();
    for (position, lane) in plan.lanes.iter().enumerate() {
        queues.entry(lane.queue).or_default().push((position, lane));
    }
    let run_queue = |lanes: Vec<(usize, &Lane)>| {
        let mut closed = closed.clone();
        let mut reports = Vec::new();
        for (position, lane) in lanes {
            let report = LaneRun::new(&edges, lane, before).run(closed.clone());
            if !report.is_clean() && closed.is_none() {
                closed = Some(if edges.clock.interrupted() {
                    INTERRUPTED.to_owned()
                } else {
                    format!("{} failed, and shares a bond, a bridge or the host's path", lane.title())
                });
            }
            reports.push((position, report));
        }
        reports
    };
    let mut reports: Vec<(usize, LaneReport)> = std::thread::scope(|scope| {
        let handles: Vec<_> = queues.into_values().map(|lanes| scope.spawn(|| run_queue(lanes))).collect();
        handles
            .into_iter()
            .flat_map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    reports.sort_by_key(|(position, _)| *position);
    reports.into_iter().map(|(_, report)| report).collect()
}
