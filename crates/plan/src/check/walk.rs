//! Proves a plan with code of its own: that each op finds what the kernel demands of it, that each step's
//! preconditions follow from the basis and earlier phases, and that the goal is reached.
//!
//! Nothing of `kinds` is used but the shape of steps: a check that shares the planner's reasoning proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_kinds::change::Change;
use vfctl_kinds::step::{Impact, Step};
use vfctl_port::{Claim, ClaimValue, Expect, Phase, Property, Remakes, Scope, Thing};

use super::kernel::{demand, perform};
use super::knowledge::Knowledge;
use crate::document::{Lane, PhasePlan, Plan};
use crate::scope_plan::ScopePlan;

/// A plan that would not do what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{scope}, {lane}, {at}: {reason}")]
pub struct Flaw {
    /// The host, or the cluster.
    pub scope: Scope,
    /// The lane.
    pub lane: String,
    /// The phase, or the end.
    pub at: String,
    /// What is wrong.
    pub reason: String,
}

/// Checks a plan.
///
/// # Errors
/// Returns each flaw; a plan with one is a defect of vfctl and must not be performed.
pub fn check(plan: &Plan) -> Result<(), Vec<Flaw>> {
    let mut flaws = Vec::new();
    for (scope, plan) in plan.scopes() {
        check_scope(&scope, plan, &mut flaws);
    }
    if flaws.is_empty() { Ok(()) } else { Err(flaws) }
}

fn check_scope(scope: &Scope, plan: &ScopePlan, flaws: &mut Vec<Flaw>) {
    let mut flaw = |lane: &Lane, at: String, reason: String| {
        flaws.push(Flaw { scope: scope.clone(), lane: lane.title.clone(), at, reason });
    };
    let mut last = None;
    let mut seen = BTreeSet::new();
    for (stage, lane) in plan.lanes() {
        if last.is_some_and(|last| last > stage) {
            flaw(lane, stage.to_string(), "comes after a later stage".to_owned());
        }
        last = Some(stage);
        if !seen.insert((stage, &lane.thing)) {
            flaw(lane, stage.to_string(), format!("there are two lanes for {}", lane.thing));
        }
        if !lane.findings.block() {
            check_lane(scope, lane, &mut |at, reason| flaw(lane, at, reason));
        }
    }
}

/// Where a flaw is, and what is wrong.
type Report<'a> = dyn FnMut(String, String) + 'a;

/// Checks a lane in which nothing is done: what is wanted is what was found. Both are sorted.
fn check_idle_lane(lane: &Lane, report: &mut Report<'_>) {
    let mut basis = lane.basis.iter();
    for claim in lane.goal.iter().filter(|claim| claim.expect != Expect::AnyWhenFactory) {
        if !basis.any(|found| found == claim) {
            report("end".to_owned(), format!("the goal is not what was found: {claim}"));
        }
    }
}

fn check_lane(scope: &Scope, lane: &Lane, report: &mut Report<'_>) {
    if lane.phases.is_empty() {
        return check_idle_lane(lane, report);
    }
    let mut known = Knowledge::new(scope, lane.thing.pf());
    for claim in &lane.basis {
        known.learn(claim);
    }
    let mut last = None;
    for phase in &lane.phases {
        let mut flaw = |reason: String| report(phase.phase.to_string(), reason);
        if last.is_some_and(|last| last >= phase.phase) {
            flaw("comes after a later phase".to_owned());
        }
        last = Some(phase.phase);
        for step in &phase.steps {
            check_requires(step, &known, &mut flaw);
        }
        for step in &phase.steps {
            if let Err(reason) = admits(step, &known) {
                flaw(reason);
            }
        }
        // Ops of one phase are independent: each is judged by what was known before all of them.
        let mut written = Written::new();
        for op in changes(phase).map(|change| &change.op) {
            if let Err(reason) = demand(op, lane, phase.phase, &known) {
                flaw(format!("`{op}`: {reason}"));
            }
            if !op.action.kind().row().phases.contains(&phase.phase) {
                flaw(format!("`{op}` has no place in this phase"));
            }
            let properties = written.entry(op.target.thing()).or_default();
            if properties.contains(&op.action.changes()) {
                flaw(format!("`{op}` writes what another op of the phase writes, too"));
            }
            properties.push(op.action.changes());
        }
        for op in changes(phase).map(|change| &change.op) {
            perform(op, &mut known);
        }
        for claim in phase.steps.iter().flat_map(|step| &step.ends) {
            match known.follows(claim) {
                Some(false) => flaw(format!("promises what does not follow: {claim}")),
                Some(true) => {}
                None if phase.phase == Phase::CreateVfs || comes_about(claim, &written) => {
                    known.learn(claim);
                }
                None => flaw(format!("promises what nothing in it makes true: {claim}")),
            }
        }
    }
    for claim in lane.goal.iter().filter(|claim| claim.expect != Expect::AnyWhenFactory) {
        let reason = match known.follows(claim) {
            Some(true) => continue,
            Some(false) => format!("the goal is not reached: {claim}"),
            None => format!("nothing makes the goal true: {claim}"),
        };
        report("end".to_owned(), reason);
    }
}

/// What the ops of a phase write, by the thing.
type Written = BTreeMap<Thing, Vec<Property>>;

/// Returns whether what a claim says can come about in a phase: an attribute by an op that writes it, all else, such
/// as the interface that comes with a driver, by any op on the same thing.
fn comes_about(claim: &Claim, written: &Written) -> bool {
    let properties = written.get(&claim.subject.thing);
    match claim.property {
        Property::Attribute(_) => properties.is_some_and(|properties| properties.contains(&claim.property)),
        _ => properties.is_some(),
    }
}

/// Returns the changes of a phase.
fn changes(phase: &PhasePlan) -> impl Iterator<Item = &Change> {
    phase.steps.iter().flat_map(|step| &step.changes)
}

/// Checks that a step admits what it does to VFs that are there: only then is the user asked.
fn admits(step: &Step, known: &Knowledge<'_>) -> Result<(), String> {
    for op in step.changes.iter().map(|change| &change.op) {
        let subject = known.subject(op.target.thing());
        let least = match op.action.kind().row().remakes {
            Remakes::Vfs => {
                let none = Expect::Is(ClaimValue::Number(0));
                let has_none = known.get(&subject, Property::VfCount) == Some(&none);
                if has_none { Impact::None } else { Impact::Destroys }
            }
            Remakes::TakesInterface => {
                let free = Expect::Is(ClaimValue::Flag(false));
                let is_used = known.get(&subject, Property::InUse) != Some(&free);
                if is_used && !step.victims.iter().any(|victim| victim.vf == op.target.vf()) {
                    return Err(format!("`{op}` names no user of a VF that is in use, or may be"));
                }
                Impact::Rebinds
            }
            Remakes::Nothing | Remakes::MakesInterface => Impact::None,
        };
        if step.impact < least {
            return Err(format!("`{op}` does not admit its impact"));
        }
    }
    Ok(())
}

/// Holds a step's preconditions against what is known; a carrier is awaited, since no op makes one.
fn check_requires(step: &Step, known: &Knowledge<'_>, flaw: &mut impl FnMut(String)) {
    for claim in &step.requires {
        let awaited = matches!(claim.property, Property::Carrier | Property::Interface) && step.settle_ms > 0;
        match known.follows(claim) {
            Some(true) => {}
            Some(false) => flaw(format!("demands what is not so: {claim}")),
            None if awaited => {}
            None => flaw(format!("demands what nobody made true: {claim}")),
        }
    }
}
