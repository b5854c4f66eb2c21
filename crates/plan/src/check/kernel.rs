//! What the kernel demands of an op and what it does with it, in the words of claims.

use vfctl_model::{Toggle, VfAttribute, VfIndex};
use vfctl_port::{AdminState, ClaimValue, Expect, Op, Phase, Property, Subject};

use super::knowledge::Knowledge;
use crate::document::Lane;

/// Returns the phases in which an op may stand.
pub(super) fn places(op: &Op) -> &'static [Phase] {
    match op {
        Op::LoadModule { .. } => &[Phase::Quiesce],
        Op::UnbindDriver { .. } => &[Phase::Unbind, Phase::UnbindNew],
        Op::SetVfCount { count: 0, .. } => &[Phase::RemoveVfs],
        Op::SetVfCount { .. } => &[Phase::CreateVfs],
        Op::SetDriversAutoprobe { .. } => &[Phase::PreparePf, Phase::UnbindNew, Phase::FinishPf],
        Op::SetPfMtu { .. } => &[Phase::PreparePf, Phase::FinishPf],
        Op::SetPfAdminState { .. } => &[Phase::Quiesce, Phase::PreparePf, Phase::FinishPf],
        Op::SetVf { .. } => &[Phase::ConfigureVf],
        Op::BindDriver { .. } | Op::ProbeDriver { .. } => &[Phase::Bind],
        Op::SetVfMtu { .. } => &[Phase::ConfigureNetdev],
    }
}

/// Returns what an op writes: two ops of one phase may not write the same, since they are in no order.
pub(super) fn target(op: &Op) -> Property {
    match op {
        Op::LoadModule { .. } => Property::Loaded,
        Op::SetVfCount { .. } => Property::VfCount,
        Op::SetDriversAutoprobe { .. } => Property::DriversAutoprobe,
        Op::SetVf { setting, .. } => Property::Attribute(setting.attribute()),
        Op::SetPfMtu { .. } | Op::SetVfMtu { .. } => Property::Mtu,
        Op::SetPfAdminState { .. } => Property::Up,
        Op::UnbindDriver { .. } | Op::BindDriver { .. } | Op::ProbeDriver { .. } => Property::Driver,
    }
}

/// Why the kernel would refuse an op.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refusal(String);

fn refusal(why: impl Into<String>) -> Result<(), Refusal> {
    Err(Refusal(why.into()))
}

/// Returns what the kernel would refuse of this op, given what is known.
pub(super) fn demand(op: &Op, lane: &Lane, known: &Knowledge<'_>) -> Result<(), Refusal> {
    let pf = Subject::Pf(lane.pf.clone());
    let is = |subject: &Subject, property: Property, value: ClaimValue| match known.get(subject, &property) {
        Some(Expect::Is(found)) if *found == value => Ok(()),
        Some(_) => refusal(format!("{property} is not {value}")),
        None => refusal(format!("{property} is not known")),
    };
    let driverless = |vf: VfIndex| match known.get(&Subject::Vf(lane.pf.clone(), vf), &Property::Driver) {
        Some(Expect::Absent) => Ok(()),
        Some(_) => refusal("the VF still has a driver"),
        None => refusal("the VF's driver is not known"),
    };
    let exists = |vf: VfIndex| match known.get(&pf, &Property::VfCount) {
        Some(Expect::Is(ClaimValue::Number(count))) if u32::from(vf.0) < *count => Ok(()),
        Some(_) => refusal("there is no such VF"),
        None => refusal("the count is not known"),
    };
    if op.pf().is_some_and(|target| *target != lane.pf) {
        return refusal("belongs to another lane");
    }
    if let (Some(vf), Some(device)) = (op.vf(), op.device())
        && let Some(expected) = lane.vf_addresses.get(&vf).filter(|expected| **expected != device)
    {
        return refusal(format!("vf {vf} will be at {expected}"));
    }
    if let Some(interface) = op.interface() {
        is(&pf, Property::Interface, ClaimValue::Name(interface.to_string()))?;
    }
    match op {
        Op::LoadModule { .. } => refusal("belongs to no lane"),
        Op::SetVfCount { count: 0, .. }
        | Op::SetDriversAutoprobe { .. }
        | Op::SetPfMtu { .. }
        | Op::SetPfAdminState { .. } => Ok(()),
        Op::SetVfCount { .. } => is(&pf, Property::VfCount, ClaimValue::Number(0)),
        Op::SetVf { vf, .. } => exists(*vf),
        Op::SetVfMtu { vf, mtu, .. } => exists(*vf).and_then(|()| match known.get(&pf, &Property::Mtu) {
            Some(Expect::Is(ClaimValue::Number(of_pf))) if mtu.get() > *of_pf => {
                refusal(format!("the PF's MTU is {of_pf}"))
            }
            _ => Ok(()),
        }),
        Op::UnbindDriver { vf, .. } => match driverless(*vf) {
            Ok(()) => refusal("the VF has no driver"),
            Err(_) => exists(*vf),
        },
        Op::BindDriver { vf, .. } => exists(*vf).and_then(|()| driverless(*vf)),
        Op::ProbeDriver { vf, .. } => exists(*vf)
            .and_then(|()| driverless(*vf))
            .and_then(|()| is(&pf, Property::DriversAutoprobe, ClaimValue::Flag(true))),
    }
}

/// Changes what is known by what the kernel does with this op.
pub(super) fn perform(op: &Op, known: &mut Knowledge<'_>) {
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
                } else {
                    new_interface(&vf, known);
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
            for gone in [Property::Mtu, Property::Interface, Property::InUse, Property::Lent] {
                known.forget(&subject, &gone);
            }
            known.set(&subject, Property::Driver, Expect::Absent);
        }
        Op::BindDriver { pf, vf, driver, .. } => {
            let subject = Subject::Vf(pf.clone(), *vf);
            known.set(&subject, Property::Driver, Expect::Is(ClaimValue::Name(driver.to_string())));
            new_interface(&subject, known);
        }
        Op::ProbeDriver { pf, vf, .. } => {
            let subject = Subject::Vf(pf.clone(), *vf);
            known.forget(&subject, &Property::Driver);
            new_interface(&subject, known);
        }
    }
}

/// Learns what an interface that a driver makes begins with: an MTU of 1500 (`ether_setup`, net/ethernet/eth.c), and
/// users that nobody can foretell.
fn new_interface(vf: &Subject, known: &mut Knowledge<'_>) {
    for users in [Property::InUse, Property::Lent] {
        known.forget(vf, &users);
    }
    known.set(vf, Property::Mtu, Expect::Is(ClaimValue::Number(1500)));
}
