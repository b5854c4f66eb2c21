//! Proves a plan with code of its own: that each op finds what the kernel demands of it, that each step's
//! preconditions follow from the basis and earlier phases, and that the goal is reached.
//!
//! Nothing of `kinds` is used but the shape of steps: a check that shares the planner's reasoning proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_kinds::change::Change;
use vfctl_kinds::step::{Impact, Step};
use vfctl_model::ObjectKind;
use vfctl_port::{Claim, ClaimValue, Expect, Op, Property, Remakes, Scope, Thing};

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
fn check_idle_lane(scope: &Scope, lane: &Lane, report: &mut Report<'_>) {
    let (given_back, wanted): (Vec<_>, Vec<_>) =
        lane.goal.iter().partition(|claim| claim.expect == Expect::AnyWhenFactory);
    let mut basis = lane.basis.iter();
    for claim in wanted {
        if !basis.any(|found| found == claim) {
            report("end".to_owned(), format!("the goal is not what was found: {claim}"));
        }
    }
    if given_back.is_empty() {
        return;
    }
    let mut known = Knowledge::new(scope, lane.thing.pf());
    for claim in &lane.basis {
        known.learn(claim);
    }
    for reason in given_back.into_iter().filter_map(|claim| misses(claim, &known)) {
        report("end".to_owned(), reason);
    }
}

fn check_lane(scope: &Scope, lane: &Lane, report: &mut Report<'_>) {
    if lane.phases.is_empty() {
        return check_idle_lane(scope, lane, report);
    }
    let mut known = Knowledge::new(scope, lane.thing.pf());
    for claim in &lane.basis {
        if known.learn(claim) {
            report("basis".to_owned(), format!("contradicts another claim of it: {claim}"));
        }
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
            let ops = written.entry(op.target.thing()).or_default();
            if ops.iter().any(|other| other.action.changes() == op.action.changes()) {
                flaw(format!("`{op}` writes what another op of the phase writes, too"));
            }
            ops.push(op);
        }
        for op in changes(phase).map(|change| &change.op) {
            perform(op, &mut known);
        }
        for claim in phase.steps.iter().flat_map(|step| &step.ends) {
            match known.follows(claim) {
                Some(false) => flaw(format!("promises what does not follow: {claim}")),
                Some(true) => {}
                None if comes_about(claim, &written) => {
                    known.learn(claim);
                }
                None => flaw(format!("promises what nothing in it makes true: {claim}")),
            }
        }
    }
    for claim in &lane.goal {
        if let Some(reason) = misses(claim, &known) {
            report("end".to_owned(), reason);
        }
    }
    for claim in &lane.afterwards {
        if known.follows(claim) == Some(false) {
            report("end".to_owned(), format!("others would wait for what is not so: {claim}"));
        }
    }
}

/// Returns whether a controller may follow an op to this thing: what a node offers to what is written of that node or of the
/// plugin, a pod to its node or its DaemonSet.
fn moves(op: &Op, thing: &Thing) -> bool {
    let Some(target) = op.target.object() else { return false };
    match target.kind() {
        ObjectKind::Node => thing.object().is_none_or(|object| match thing {
            Thing::Resource(..) => object == *target,
            _ => object.kind() == ObjectKind::Pod,
        }),
        ObjectKind::ConfigMap | ObjectKind::DaemonSet => true,
        // The API server serves a kind once its definition is there.
        ObjectKind::CustomResourceDefinition => *thing == Thing::Object(target.clone()),
        ObjectKind::Pod
        | ObjectKind::Event
        | ObjectKind::ServiceAccount
        | ObjectKind::ClusterRole
        | ObjectKind::ClusterRoleBinding
        | ObjectKind::NetworkAttachmentDefinition
        | ObjectKind::SriovNetworkNodePolicy => false,
    }
}

/// The ops of a phase, by the thing that they are done to.
type Written<'a> = BTreeMap<Thing, Vec<&'a Op>>;

/// Returns whether what a claim says can come about in a phase: by an op on the same thing, or on the PF of a VF.
fn comes_about(claim: &Claim, written: &Written<'_>) -> bool {
    let thing = &claim.subject.thing;
    let of_pf = match thing {
        Thing::Vf(pf, _) => written.get(&Thing::Pf(pf.clone())),
        // Controllers follow what is written: a pod goes from a node by its label, and what the node offers comes and goes with
        // its plugin.
        Thing::Resource(..) | Thing::Object(_)
            if matches!(
                claim.property,
                Property::Allocatable
                    | Property::Uid
                    | Property::RolledOut
                    | Property::Established
                    | Property::Keys
            ) =>
        {
            return written.values().flatten().any(|op| moves(op, thing));
        }
        Thing::System | Thing::Module(_) | Thing::Pf(_) | Thing::Object(_) | Thing::Resource(..) => None,
    };
    [written.get(thing), of_pf].into_iter().flatten().flatten().any(|op| brings(op, claim))
}

/// Returns whether an op can bring about what a claim says, where the kernel or a driver decides and a reading has to tell: a
/// property that it leaves to them, what comes with a new interface, and what new VFs begin with.
fn brings(op: &Op, claim: &Claim) -> bool {
    let Op { target, action } = op;
    let (thing, property) = (&claim.subject.thing, claim.property);
    let remakes = action.kind().row().remakes;
    if target.thing() == *thing {
        let is_left_open = action.changes() == property && action.after().is_none();
        let of_interface = matches!(property, Property::Interface | Property::InterfaceMac);
        let is_new = remakes == Remakes::MakesInterface && of_interface;
        return is_left_open || is_new || action.unsettles().contains(&property);
    }
    let made = match (remakes, action.after()) {
        (Remakes::Vfs, Some(Expect::Is(ClaimValue::Number(count)))) => count,
        _ => 0,
    };
    let begins = matches!(
        property,
        Property::Address | Property::Driver | Property::Interface | Property::Attribute(_)
    );
    matches!(thing, Thing::Vf(pf, vf) if begins && target.pf() == Some(pf) && u32::from(vf.0) < made)
}

/// Returns why a goal does not follow from what is known in the end; `None` where it does.
fn misses(claim: &Claim, known: &Knowledge<'_>) -> Option<String> {
    let follows = match claim.expect {
        Expect::AnyWhenFactory => is_given_back(claim, known),
        Expect::Is(_) | Expect::Absent => known.follows(claim),
    };
    match follows {
        Some(true) => None,
        Some(false) => Some(format!("the goal is not reached: {claim}")),
        None => Some(format!("nothing makes the goal true: {claim}")),
    }
}

/// Returns whether an attribute is the driver's own in the end, on a VF that is there; `None` where nothing is known.
fn is_given_back(claim: &Claim, known: &Knowledge<'_>) -> Option<bool> {
    let (Thing::Vf(pf, vf), Property::Attribute(attribute)) = (&claim.subject.thing, claim.property) else {
        return Some(false);
    };
    match known.get(&claim.subject, claim.property) {
        Some(Expect::AnyWhenFactory) => Some(true),
        Some(Expect::Is(ClaimValue::Vf(value))) => Some(*value == attribute.factory()),
        Some(Expect::Is(_) | Expect::Absent) => Some(false),
        // Nobody has set it: it is as it came with the VF.
        None => match known.get(&known.subject(Thing::Pf(pf.clone())), Property::VfCount) {
            Some(Expect::Is(ClaimValue::Number(count))) => Some(u32::from(vf.0) < *count),
            Some(_) => Some(false),
            None => None,
        },
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
            None if awaited && is_dark(claim, known) => {
                flaw(format!("waits for what a PF that is down never has: {claim}"));
            }
            None if awaited => {}
            None => flaw(format!("demands what nobody made true: {claim}")),
        }
    }
}

/// Returns whether a claim speaks of the carrier of a PF that is known to be down.
fn is_dark(claim: &Claim, known: &Knowledge<'_>) -> bool {
    let down = Expect::Is(ClaimValue::Flag(false));
    claim.property == Property::Carrier && known.get(&claim.subject, Property::AdminState) == Some(&down)
}
