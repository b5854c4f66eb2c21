//! The count of VFs: the kernel changes it only through 0, so each change destroys every VF of the PF.

use vfctl_model::{DriverName, Toggle, VfIndex, VfSet};
use vfctl_port::{Claim, ClaimValue, Op, PfFacts, Phase, Property};

use super::autoprobe::last_value as autoprobe_at_end;
use super::loss;
use super::spec::{AtMost, CountSpec};
use crate::context::{PfContext, PfDiff};
use crate::desired::DesiredPf;
use crate::step::{Change, Impact, Reason, Step};

/// Returns the count that the spec and the device together give; `None` where the spec says nothing.
pub fn wanted_count(facts: &PfFacts, desired: &DesiredPf) -> Option<u16> {
    match desired.count.as_ref()?.value {
        CountSpec::Number(count) => Some(count),
        CountSpec::Wish { want, at_most: AtMost::Total } => Some(want.min(facts.total_vfs)),
    }
}

/// Compares the count.
pub(crate) fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
    let PfContext { facts, desired, row, count, recreate, .. } = *context;
    let Some(wanted) = &desired.count else { return };
    let number = |count: u16| ClaimValue::Number(u32::from(count));
    diff.goal.push(Claim::is(context.pf(), Property::VfCount, number(count)));
    diff.basis.push(Claim::is(context.pf(), Property::VfCount, number(facts.vf_count)));
    if let CountSpec::Wish { want, at_most: AtMost::Total } = wanted.value
        && want > count
    {
        diff.findings
            .note(Some(&wanted.origin), format!("{want} VFs are wanted, and the device offers {count}"));
    }
    if !recreate {
        return;
    }
    if facts.driver.is_none() {
        let fix = "bind the PF to its driver first; without one the kernel makes no VFs";
        diff.findings.problem(Some(&wanted.origin), "the PF has no driver", fix);
        return;
    }
    if facts.total_vfs == 0 {
        let fix = "turn SR-IOV on in the card's firmware and in the machine's, then reboot";
        diff.findings.problem(Some(&wanted.origin), "device and driver offer no VFs", fix);
        return;
    }
    if count > facts.total_vfs {
        let fix =
            format!("ask for at most {}; some cards' firmware can be told to offer more", facts.total_vfs);
        let message =
            format!("{count} VFs are more than the {} that device and driver offer", facts.total_vfs);
        diff.findings.problem(Some(&wanted.origin), message, fix);
        return;
    }
    // All VFs are gone by the time that the kernel says no to a count it offered before.
    diff.basis.push(Claim::is(context.pf(), Property::TotalVfs, number(facts.total_vfs)));
    let pf = desired.address.clone();
    if facts.vf_count > 0 {
        diff.steps.push(remove(context));
        loss::tell(context, &mut diff.findings);
    }
    if count > 0 {
        let mut step = Step::new(Phase::CreateVfs, Property::VfCount, Reason::Asked);
        step.changes.push(Change {
            vf: None,
            from: Some(if facts.vf_count > 0 { 0 } else { facts.vf_count }.to_string()),
            to: count.to_string(),
            origin: Some(wanted.origin.to_string()),
            op: Op::SetVfCount { pf, count },
        });
        if facts.vf_count == 0 && row.count_flaps_link {
            context.hurt_pf(&mut step);
            step.impact = if step.victims.is_empty() { Impact::None } else { Impact::FlapsLink };
        }
        step.requires.push(Claim::is(context.pf(), Property::VfCount, number(0)));
        step.ends.push(Claim::is(context.pf(), Property::VfCount, number(count)));
        step.ends.extend(
            (0..count).map(|i| Claim::is(context.vf(VfIndex(i)), Property::Present, ClaimValue::Flag(true))),
        );
        step.ends.extend(drivers_settled(context));
        step.settle_ms = 10_000 + 100 * u32::from(count);
        diff.steps.push(step);
    }
}

/// Returns the claims that new VFs have the driver that the kernel gives them, and its interface, where both are
/// known: what follows must not race with a driver that is still coming.
fn drivers_settled(context: &PfContext<'_>) -> Vec<Claim> {
    let probed = !context.holds_new_vfs && autoprobe_at_end(context) == Some(Toggle::On);
    let known = context.facts.vf_default_driver.as_ref();
    // One that is merely loadable comes only where somebody loads it for the new device.
    let drivers = &context.host.system.drivers;
    let comes = |driver: &&DriverName| {
        context.row.vf_driver == Some(driver.as_str()) && (drivers.is_empty() || drivers.contains(*driver))
    };
    let Some(driver) = known.filter(|driver| probed && comes(driver)) else {
        return Vec::new();
    };
    let driver = || ClaimValue::Name(driver.to_string());
    let vfs = (0..context.count).map(|index| context.vf(VfIndex(index)));
    vfs.flat_map(|vf| {
        let interface = Claim::is(vf.clone(), Property::Interface, ClaimValue::Flag(true));
        [Some(Claim::is(vf, Property::Driver, driver())), context.row.has_interface.then_some(interface)]
    })
    .flatten()
    .collect()
}

/// Returns the step that destroys all VFs.
fn remove(context: &PfContext<'_>) -> Step {
    let PfContext { facts, desired, .. } = *context;
    let all: VfSet = facts.vfs.keys().copied().collect();
    let reason = if context.count == 0 { Reason::Asked } else { Reason::CountThroughZero };
    let mut step = Step::new(Phase::RemoveVfs, Property::VfCount, reason);
    step.changes.push(Change {
        vf: None,
        from: Some(facts.vf_count.to_string()),
        to: "0".to_owned(),
        origin: desired.count.as_ref().map(|c| c.origin.to_string()),
        op: Op::SetVfCount { pf: desired.address.clone(), count: 0 },
    });
    step.impact = Impact::Destroys;
    step.victims = context.victims_of_leaving(all.iter());
    step.requires = context.use_claims(&all);
    if context.row.count_flaps_link {
        context.hurt_pf(&mut step);
    }
    // More of them would be destroyed than were named.
    let found = ClaimValue::Number(u32::from(facts.vf_count));
    step.requires.push(Claim::is(context.pf(), Property::VfCount, found));
    step.ends.push(Claim::is(context.pf(), Property::VfCount, ClaimValue::Number(0)));
    step.settle_ms = 10_000;
    step
}
