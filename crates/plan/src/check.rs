//! Proves a plan with code of its own: that each op finds what the kernel demands of it, that each step's
//! preconditions follow from the basis and earlier phases, and that the goal is reached.
//!
//! Nothing of `kinds` is used but the shape of steps: a check that shares the planner's reasoning proves nothing.

use vfctl_kinds::step::{Impact, Step};
use vfctl_model::{Toggle, VfAttribute, VfIndex};
use vfctl_port::{AdminState, ClaimValue, Expect, Op, Phase, Property, Subject};

use crate::document::{HostPlan, Lane};
use crate::knowledge::Knowledge;

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
    for lane in plan.lanes.iter().filter(|lane| lane.findings.problems.is_empty()) {
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
        for op in phase.steps.iter().flat_map(|step| &step.changes).map(|change| &change.op) {
            if let Err(reason) = demand(op, lane, &known) {
                flaw(format!("`{op}`: {reason}"));
            }
        }
        for op in phase.steps.iter().flat_map(|step| &step.changes).map(|change| &change.op) {
            perform(op, &mut known);
        }
        for claim in phase.steps.iter().flat_map(|step| &step.ends) {
            match known.follows(claim) {
                Some(false) => flaw(format!("promises what does not follow: {claim}")),
                Some(true) => {}
                None => known.set(&claim.subject, claim.property.clone(), claim.expect.clone()),
            }
        }
    }
    for claim in &lane.goal {
        if known.follows(claim) == Some(false) {
            let reason = format!("the goal is not reached: {claim}");
            flaws.push(Flaw { lane: lane.title(), phase: Phase::Release, reason });
        }
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

/// Returns what the kernel would refuse of this op, given what is known.
fn demand(op: &Op, lane: &Lane, known: &Knowledge<'_>) -> Result<(), String> {
    let pf = Subject::Pf(lane.pf.clone());
    let is = |subject: &Subject, property: Property, value: ClaimValue| match known.get(subject, &property) {
        Some(Expect::Is(found)) if *found == value => Ok(()),
        Some(found) => Err(format!("{property} is {found:?}, not {value}")),
        None => Err(format!("{property} is not known")),
    };
    let driverless = |vf: VfIndex| match known.get(&Subject::Vf(lane.pf.clone(), vf), &Property::Driver) {
        Some(Expect::Absent) => Ok(()),
        Some(_) => Err("the VF still has a driver".to_owned()),
        None => Err("the VF's driver is not known".to_owned()),
    };
    let exists = |vf: VfIndex| match known.get(&pf, &Property::VfCount) {
        Some(Expect::Is(ClaimValue::Number(count))) if u32::from(vf.0) < *count => Ok(()),
        Some(_) => Err("there is no such VF".to_owned()),
        None => Err("the count is not known".to_owned()),
    };
    if op.pf().is_some_and(|target| *target != lane.pf) {
        return Err("belongs to another lane".to_owned());
    }
    match op {
        Op::LoadModule { .. } => Err("belongs to no lane".to_owned()),
        Op::SetVfCount { count: 0, .. }
        | Op::SetDriversAutoprobe { .. }
        | Op::SetPfMtu { .. }
        | Op::SetPfAdminState { .. } => Ok(()),
        Op::SetVfCount { .. } => is(&pf, Property::VfCount, ClaimValue::Number(0)),
        Op::SetVf { vf, .. } | Op::SetVfMtu { vf, .. } => exists(*vf),
        Op::UnbindDriver { vf, .. } => match driverless(*vf) {
            Ok(()) => Err("the VF has no driver".to_owned()),
            Err(_) => exists(*vf),
        },
        Op::BindDriver { vf, .. } => exists(*vf).and_then(|()| driverless(*vf)),
        Op::ProbeDriver { vf, .. } => exists(*vf)
            .and_then(|()| driverless(*vf))
            .and_then(|()| is(&pf, Property::DriversAutoprobe, ClaimValue::Flag(true))),
    }
}

/// Changes what is known by what the kernel does with this op.
fn perform(op: &Op, known: &mut Knowledge<'_>) {
    match op {
        Op::LoadModule { module } => known.flag(&Subject::Module(module.clone()), Property::Loaded, true),
        Op::SetVfCount { pf, count } => {
            known.forget_vfs(pf);
            let subject = Subject::Pf(pf.clone());
            let probes = known.get(&subject, &Property::DriversAutoprobe).cloned();
            known.set(&subject, Property::VfCount, Expect::Is(ClaimValue::Number(u32::from(*count))));
            for vf in (0..*count).map(|index| Subject::Vf(pf.clone(), VfIndex(index))) {
                known.flag(&vf, Property::Present, true);
                if probes == Some(Expect::Is(ClaimValue::Flag(false))) {
                    known.set(&vf, Property::Driver, Expect::Absent);
                }
            }
        }
        Op::SetDriversAutoprobe { pf, autoprobe } => {
            known.flag(&Subject::Pf(pf.clone()), Property::DriversAutoprobe, *autoprobe == Toggle::On);
        }
        Op::SetVf { pf, vf, setting, .. } => {
            let property = Property::Attribute(setting.attribute());
            let subject = Subject::Vf(pf.clone(), *vf);
            if setting.value() == VfAttribute::factory(setting.attribute()) {
                // What the factory value reads as is for the driver to say.
                known.forget(&subject, &property);
            } else {
                known.set(&subject, property, Expect::Is(ClaimValue::Vf(setting.value())));
            }
        }
        Op::SetPfMtu { pf, mtu, .. } => {
            known.set(&Subject::Pf(pf.clone()), Property::Mtu, Expect::Is(ClaimValue::Number(mtu.get())));
        }
        Op::SetPfAdminState { pf, state, .. } => {
            known.flag(&Subject::Pf(pf.clone()), Property::Up, *state == AdminState::Up);
        }
        Op::SetVfMtu { pf, vf, mtu, .. } => {
            let subject = Subject::Vf(pf.clone(), *vf);
            known.set(&subject, Property::Mtu, Expect::Is(ClaimValue::Number(mtu.get())));
        }
        Op::UnbindDriver { pf, vf, .. } => {
            let subject = Subject::Vf(pf.clone(), *vf);
            for gone in [Property::Mtu, Property::Interface] {
                known.forget(&subject, &gone);
            }
            known.set(&subject, Property::Driver, Expect::Absent);
        }
        Op::BindDriver { pf, vf, driver, .. } => {
            let subject = Subject::Vf(pf.clone(), *vf);
            known.set(&subject, Property::Driver, Expect::Is(ClaimValue::Name(driver.to_string())));
        }
        Op::ProbeDriver { pf, vf, .. } => {
            known.forget(&Subject::Vf(pf.clone(), *vf), &Property::Driver);
        }
    }
}
