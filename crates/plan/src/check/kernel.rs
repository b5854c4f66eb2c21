//! What the kernel demands of an op and what it does with it, in the words of claims: by the rows of the table of
//! actions.

use std::borrow::Cow;

use vfctl_model::VfIndex;
use vfctl_port::{
    Action, ClaimValue, Expect, Need, Op, Phase, Property, Remakes, Subject, Target, Thing, Transport,
};

use super::knowledge::Knowledge;
use crate::document::Lane;

/// Why the kernel would refuse an op.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refusal(String);

fn refusal(why: impl Into<String>) -> Result<(), Refusal> {
    Err(Refusal(why.into()))
}

/// Returns what the kernel would refuse of this op in this phase, given what is known.
pub(super) fn demand(op: &Op, lane: &Lane, phase: Phase, known: &Knowledge<'_>) -> Result<(), Refusal> {
    let Op { target, action } = op;
    if target.pf() != lane.thing.pf() {
        return refusal("belongs to another lane");
    }
    let subject = known.subject(target.thing());
    if let Some(function) = target.function() {
        match known.get(&subject, Property::Address) {
            Some(Expect::Is(ClaimValue::Name(address))) if *address == function.to_string() => {}
            Some(Expect::Is(ClaimValue::Name(address))) => {
                return refusal(format!("the VF will be at {address}"));
            }
            _ => return refusal("the VF's address is not known"),
        }
    }
    if let (Some(interface), Some(pf)) = (target.interface(), target.pf()) {
        let name = ClaimValue::Name(interface.to_string());
        is(known, &known.subject(Thing::Pf(pf.clone())), Property::Interface, &name)?;
    }
    let mut needs = action.kind().row().needs.iter().copied().filter(|need| need.applies_in(phase));
    needs.try_for_each(|need| meets(need, target, action, &subject, known))
}

/// Holds one need against what is known.
fn meets(
    need: Need,
    target: &Target,
    action: &Action,
    subject: &Subject,
    known: &Knowledge<'_>,
) -> Result<(), Refusal> {
    let of_pf = target.pf().map(|pf| known.subject(Thing::Pf(pf.clone())));
    let Some(pf) = of_pf else { return refusal("has no PF") };
    match need {
        Need::NoVfs | Need::NoVfsIn(_) => is(known, &pf, Property::VfCount, &ClaimValue::Number(0)),
        Need::Autoprobe => is(known, &pf, Property::DriversAutoprobe, &ClaimValue::Flag(true)),
        Need::VfExists => match (known.get(&pf, Property::VfCount), target.vf()) {
            (Some(Expect::Is(ClaimValue::Number(count))), Some(vf)) if u32::from(vf.0) < *count => Ok(()),
            (Some(_), _) => refusal("there is no such VF"),
            (None, _) => refusal("the count is not known"),
        },
        Need::NoDriver => match known.get(subject, Property::Driver) {
            Some(Expect::Absent) => Ok(()),
            Some(_) => refusal("the VF still has a driver"),
            None => refusal("the VF's driver is not known"),
        },
        Need::HasDriver => match known.get(subject, Property::Driver) {
            Some(Expect::Absent) => refusal("the VF has no driver"),
            Some(_) => Ok(()),
            None => refusal("the VF's driver is not known"),
        },
        Need::WithinPfMtu => match (known.get(&pf, Property::Mtu), action.after()) {
            (Some(Expect::Is(ClaimValue::Number(of_pf))), Some(Expect::Is(ClaimValue::Number(mtu))))
                if mtu > *of_pf =>
            {
                refusal(format!("the PF's MTU is {of_pf}"))
            }
            _ => Ok(()),
        },
    }
}

fn is(
    known: &Knowledge<'_>,
    subject: &Subject,
    property: Property,
    value: &ClaimValue,
) -> Result<(), Refusal> {
    match known.get(subject, property) {
        Some(Expect::Is(found)) if found == value => Ok(()),
        Some(_) => refusal(format!("{property} is not {}", property.show(&subject.thing, value))),
        None => refusal(format!("{property} is not known")),
    }
}

/// Changes what is known by what the kernel does with this op.
pub(super) fn perform(op: &Op, known: &mut Knowledge<'_>) {
    let Op { target, action } = op;
    let subject = known.subject(target.thing());
    let after = action.after();
    match (action.kind().row().remakes, target.pf()) {
        (Remakes::Nothing, _) | (_, None) => {}
        (Remakes::TakesInterface, Some(_)) => {
            forget_interface(&subject, known);
            known.forget(&subject, Property::Mtu);
        }
        (Remakes::MakesInterface, Some(_)) => make_interface(&subject, known),
        (Remakes::Vfs, Some(pf)) => {
            known.forget_vfs(pf);
            let withheld =
                known.get(&subject, Property::DriversAutoprobe) == Some(&Expect::Is(ClaimValue::Flag(false)));
            let count = match &after {
                Some(Expect::Is(ClaimValue::Number(count))) => u16::try_from(*count).unwrap_or(u16::MAX),
                _ => 0,
            };
            for index in 0..count {
                let vf = known.subject(Thing::Vf(pf.clone(), VfIndex(index)));
                known.flag(&vf, Property::Present, true);
                if withheld {
                    known.set(&vf, Property::Driver, Cow::Owned(Expect::Absent));
                    known.flag(&vf, Property::Interface, false);
                } else {
                    make_interface(&vf, known);
                }
            }
        }
    }
    if action.kind().row().transport == Transport::Api {
        // What a node offers follows what is written, in its own time.
        known.forget_resources();
    }
    for unsettled in action.unsettles() {
        known.forget(&subject, *unsettled);
    }
    match after {
        Some(expect) => {
            known.set(&subject, action.changes(), Cow::Owned(expect));
        }
        None => known.forget(&subject, action.changes()),
    }
}

/// Learns what an interface that a driver makes begins with: an MTU of 1500 (`ether_setup`, net/ethernet/eth.c), and
/// users that nobody can foretell.
fn make_interface(vf: &Subject, known: &mut Knowledge<'_>) {
    forget_interface(vf, known);
    known.set(vf, Property::Mtu, Cow::Owned(Expect::Is(ClaimValue::Number(1500))));
}

/// Forgets what nobody can foretell of an interface that goes or comes.
fn forget_interface(vf: &Subject, known: &mut Knowledge<'_>) {
    for open in [Property::Interface, Property::InterfaceMac, Property::InUse, Property::ElsewhereNetns] {
        known.forget(vf, open);
    }
}

#[cfg(test)]
#[path = "kernel_tests.rs"]
mod tests;
