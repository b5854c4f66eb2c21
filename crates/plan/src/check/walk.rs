//! Proves a plan with code of its own: that each op finds what the kernel demands of it, that each step's
//! preconditions follow from the basis and earlier phases, and that the goal is reached.
//!
//! Nothing of `kinds` is used but the shape of steps: a check that shares the planner's reasoning proves nothing.

use std::collections::BTreeSet;

use vfctl_kinds::step::{Change, Impact, Step};
use vfctl_model::VfIndex;
use vfctl_port::{Claim, ClaimValue, Expect, Op, Phase, Property, Subject};

use super::kernel::{demand, perform, places, target};
use super::knowledge::Knowledge;
use crate::document::{HostPlan, Lane, PhasePlan};

/// A plan that would not do what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{lane}, {phase}: {reason}")]
pub struct Flaw {
    /// The lane.
    pub lane: String,
    /// The phase.
    pub phase: Phase,
    /// What is wrong.
    pub reason: String,
}

/// Checks a host's plan.
///
/// # Errors
/// Returns each flaw; a plan with one is a defect of vfctl and must not be performed.
pub fn check(plan: &HostPlan) -> Result<(), Vec<Flaw>> {
    let mut flaws = Vec::new();
    for op in plan.prepare.iter().flat_map(|step| &step.changes).map(|change| &change.op) {
        if !matches!(op, Op::LoadModule { .. }) {
            let reason = format!("`{op}` stands before all lanes, where only modules are loaded");
            flaws.push(Flaw { lane: "system".to_owned(), phase: Phase::Quiesce, reason });
        }
    }
    let mut seen = BTreeSet::new();
    for lane in plan.lanes.iter().filter(|lane| lane.findings.problems.is_empty()) {
        if !seen.insert(&lane.pf) {
            let reason = format!("there are two lanes for {}", lane.pf);
            flaws.push(Flaw { lane: lane.title(), phase: Phase::Quiesce, reason });
        }
        check_lane(lane, &mut flaws);
    }
    if flaws.is_empty() { Ok(()) } else { Err(flaws) }
}

fn check_lane(lane: &Lane, flaws: &mut Vec<Flaw>) {
    let mut known = Knowledge::new(&lane.pf);
    for claim in &lane.basis {
        known.set(&claim.subject, claim.property.clone(), claim.expect.clone());
    }
    let mut last = None;
    for phase in &lane.phases {
        let mut flaw = |reason: String| flaws.push(Flaw { lane: lane.title(), phase: phase.phase, reason });
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
        let mut written = BTreeSet::new();
        for op in changes(phase).map(|change| &change.op) {
            if let Err(reason) = demand(op, lane, &known) {
                flaw(format!("`{op}`: {reason}"));
            }
            if !places(op).contains(&phase.phase) {
                flaw(format!("`{op}` has no place in this phase"));
            }
            if !written.insert((op.vf(), target(op))) {
                flaw(format!("`{op}` writes what another op of the phase writes, too"));
            }
        }
        for op in changes(phase).map(|change| &change.op) {
            perform(op, &mut known);
        }
        let touched: BTreeSet<Option<VfIndex>> = changes(phase).map(|change| change.op.vf()).collect();
        for claim in phase.steps.iter().flat_map(|step| &step.ends) {
            match known.follows(claim) {
                Some(false) => flaw(format!("promises what does not follow: {claim}")),
                Some(true) => {}
                None if phase.phase == Phase::CreateVfs || comes_about(claim, &written, &touched) => {
                    known.set(&claim.subject, claim.property.clone(), claim.expect.clone());
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
        flaws.push(Flaw { lane: lane.title(), phase: Phase::Release, reason });
    }
}

/// Returns whether what a claim says can come about in a phase: an attribute by an op that writes it, all else, such
/// as the interface that comes with a driver, by any op on the same VF.
fn comes_about(
    claim: &Claim,
    written: &BTreeSet<(Option<VfIndex>, Property)>,
    touched: &BTreeSet<Option<VfIndex>>,
) -> bool {
    let vf = vf_of(&claim.subject);
    match &claim.property {
        Property::Attribute(_) => written.contains(&(vf, claim.property.clone())),
        _ => touched.contains(&vf),
    }
}

/// Returns the changes of a phase.
fn changes(phase: &PhasePlan) -> impl Iterator<Item = &Change> {
    phase.steps.iter().flat_map(|step| &step.changes)
}

/// Returns the VF that a claim speaks of.
fn vf_of(subject: &Subject) -> Option<VfIndex> {
    match subject {
        Subject::Vf(_, vf) => Some(*vf),
        Subject::Pf(_) | Subject::Module(_) => None,
    }
}

/// Checks that a step admits what it does to VFs that are there: only then is the user asked.
fn admits(step: &Step, known: &Knowledge<'_>) -> Result<(), String> {
    for op in step.changes.iter().map(|change| &change.op) {
        let least = match op {
            Op::SetVfCount { pf, .. } => {
                let count = known.get(&Subject::Pf(pf.clone()), &Property::VfCount);
                let none = Expect::Is(ClaimValue::Number(0));
                if count == Some(&none) { Impact::None } else { Impact::Destroys }
            }
            Op::UnbindDriver { pf, vf, .. } => {
                let users = known.get(&Subject::Vf(pf.clone(), *vf), &Property::InUse);
                let used = users != Some(&Expect::Is(ClaimValue::Flag(false)));
                if used && !step.victims.iter().any(|victim| victim.vf == Some(*vf)) {
                    return Err(format!("`{op}` names no user of a VF that is in use, or may be"));
                }
                Impact::Rebinds
            }
            _ => Impact::None,
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
