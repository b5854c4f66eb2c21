//! Runs a plan: basis first, then the stages of each scope, with a thread for each queue of lanes.

use std::collections::BTreeMap;

use vfctl_plan::{Lane, Plan, ScopePlan, StagePlan};
use vfctl_port::{JournalEntry, Outcome, Scope, Stage, World, with_causes};

use crate::basis::{broken_basis, stale};
use crate::edges::Edges;
use crate::lane::{INTERRUPTED, LaneRun};
use crate::look::{Before, Look};
use crate::report::{Counts, LaneReport, Report, Result};

/// Returns the report of an apply that is refused since the plan is stale; `None` where it may begin. Whoever keeps
/// a journal asks before it is begun: one without an apply would look like one that was cut off.
pub fn refused_as_stale(plan: &Plan, world: &World) -> Option<Report> {
    let refusals: Vec<String> = broken_basis(plan, world).iter().map(|broken| stale(broken)).collect();
    (!refusals.is_empty()).then(|| Report::refused(refusals).of(plan))
}

/// Applies a plan to its hosts and its cluster.
///
/// `before` is a look at all of them of just now. Nothing is written where the plan's basis is broken.
pub fn apply(plan: &Plan, before: &Look, edges: Edges<'_>) -> Report {
    if let Some(report) = refused_as_stale(plan, &before.world) {
        return report;
    }
    // Of a cluster nothing is restored by its facts of before.
    let facts = World { cluster: None, ..before.world.clone() };
    let began = JournalEntry::Began { documents: plan.documents(), before: Box::new(facts) };
    if let Err(error) = edges.journal.record(&began) {
        return Report::refused(vec![format!("failed to {}", with_causes(&error))]).of(plan);
    }
    let lanes = run(plan, before, edges);
    let interrupted = edges.clock.interrupted();
    let clean = lanes.iter().all(LaneReport::is_clean);
    let result = match (clean, interrupted) {
        (true, _) if plan.is_held() => Result::Held,
        (true, _) => Result::Converged,
        (false, true) => Result::Interrupted,
        (false, false) => Result::Failed,
    };
    let changed = lanes.iter().flat_map(|lane| &lane.ops).any(|op| op.outcome == Outcome::Done);
    let summary = Counts::of(&lanes);
    let mut report = Report { result, changed, summary, lanes, ..Report::refused(Vec::new()) }.of(plan);
    let converged = matches!(result, Result::Converged | Result::Held);
    if let Err(error) = edges.journal.record(&JournalEntry::Ended { converged }) {
        report.refusals.push(format!("failed to {}", with_causes(&error)));
        report.result = Result::Failed;
    }
    report
}

/// Runs the stages of every host, hosts side by side, between those of the cluster: what others were promised is
/// withdrawn there before a host is worked on, and offered after it. Reports come in the order of the plan.
fn run(plan: &Plan, before: &Look, edges: Edges<'_>) -> Vec<LaneReport> {
    let before = Before { look: before, is_outdated: false };
    let of_cluster = |stages: &[Stage], before: Before<'_>, closed: Option<String>| match &plan.cluster {
        Some(cluster) => run_stages(&Scope::Cluster, cluster, stages, before, edges, closed),
        None => Vec::new(),
    };
    let first = of_cluster(&[Stage::Withdraw], before, None);
    let closed = failure("the cluster's resources could not be withdrawn", &first, edges);
    let mut hosts: Vec<LaneReport> = std::thread::scope(|threads| {
        let run_host = |(host, plan): (&vfctl_model::HostName, &ScopePlan)| {
            let before = before.after(&first);
            run_stages(&Scope::Host(host.clone()), plan, Stage::ALL, before, edges, closed.clone())
        };
        let handles: Vec<_> = plan.hosts.iter().map(|host| threads.spawn(move || run_host(host))).collect();
        handles.into_iter().flat_map(join).collect()
    });
    let closed = closed.or_else(|| failure("a host failed", &hosts, edges));
    let last = of_cluster(&[Stage::Prepare, Stage::Ports, Stage::Publish], before.after(&first), closed);
    hosts.extend(first);
    hosts.extend(last);
    hosts
}

/// Runs those stages of one scope, one after the other; a stage with a lane that fails closes the stages behind it.
fn run_stages(
    scope: &Scope,
    plan: &ScopePlan,
    stages: &[Stage],
    mut before: Before<'_>,
    edges: Edges<'_>,
    mut closed: Option<String>,
) -> Vec<LaneReport> {
    let mut reports = Vec::new();
    for StagePlan { stage, lanes } in plan.stages.iter().filter(|plan| stages.contains(&plan.stage)) {
        let done = run_lanes(scope, *stage, lanes, before, edges, closed.as_deref());
        closed = closed.or_else(|| failure(&format!("stage {stage} failed"), &done, edges));
        before = before.after(&done);
        reports.extend(done);
    }
    reports
}

/// Returns why nothing behind these lanes is tried; `None` where all are clean.
fn failure(because: &str, reports: &[LaneReport], edges: Edges<'_>) -> Option<String> {
    let failed = reports.iter().any(|report| !report.is_clean());
    failed.then(|| if edges.clock.interrupted() { INTERRUPTED } else { because }.to_owned())
}

/// Runs each queue of lanes in a thread of its own; within a queue one lane after the other, and a lane that
/// fails closes those behind it, since they share a path to the host. Reports come in the order of the plan.
fn run_lanes(
    scope: &Scope,
    stage: Stage,
    lanes: &[Lane],
    before: Before<'_>,
    edges: Edges<'_>,
    closed: Option<&str>,
) -> Vec<LaneReport> {
    let mut queues: BTreeMap<u32, Vec<(usize, &Lane)>> = BTreeMap::new();
    for (position, lane) in lanes.iter().enumerate() {
        queues.entry(lane.queue).or_default().push((position, lane));
    }
    let run_queue = |lanes: Vec<(usize, &Lane)>| {
        let (mut closed, mut before) = (closed.map(str::to_owned), before);
        let mut reports = Vec::new();
        for (position, lane) in lanes {
            let report = LaneRun::new(&edges, scope, stage, lane, before).run(closed.clone());
            let title = &lane.title;
            let because = match scope {
                Scope::Host(_) => {
                    format!("{title} failed; it shares a bond, a bridge or the path to this host")
                }
                Scope::Cluster => format!("{title} failed"),
            };
            closed = closed.or_else(|| failure(&because, std::slice::from_ref(&report), edges));
            before = before.after([&report]);
            reports.push((position, report));
        }
        reports
    };
    let mut reports: Vec<(usize, LaneReport)> = std::thread::scope(|threads| {
        let handles: Vec<_> = queues.into_values().map(|lanes| threads.spawn(|| run_queue(lanes))).collect();
        handles.into_iter().flat_map(join).collect()
    });
    reports.sort_by_key(|(position, _)| *position);
    reports.into_iter().map(|(_, report)| report).collect()
}

/// Returns what a thread has made; its panic goes on here.
fn join<T>(handle: std::thread::ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
