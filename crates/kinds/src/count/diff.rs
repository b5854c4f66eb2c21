//! The count of VFs: the kernel changes it only through 0, so each change destroys every VF of the PF.

use vfctl_model::{DriverName, Toggle, VfIndex, VfSet};
use vfctl_port::{Action, Claim, ClaimValue, PfFacts, Phase, Property};

use super::autoprobe::at_end as autoprobe_at_end;
use super::loss;
use super::offered::{READ_TOTAL, SRIOV_OFF, UNREAD_TOTAL, offered};
use super::spec::{AtMost, CountSpec};
use crate::change::Change;
use crate::context::{PfContext, PfDiff};
use crate::eswitch::{disrupt_representors, kept_mode};
use crate::finding::{Finding, Findings};
use crate::kind::PfKind;
use crate::obstacle::Obstacle;
use crate::path::Origin;
use crate::step::{Impact, Reason, Step};

/// How many VFs a PF has.
#[derive(Debug)]
pub struct VfCount;

/// How many VFs a PF should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedCount {
    /// This many.
    pub count: u16,
    /// What the document says.
    pub asked: CountSpec,
}

impl PfKind for VfCount {
    type Spec = CountSpec;
    type Desired = WantedCount;

    fn resolve(spec: &CountSpec, origin: &Origin, facts: &PfFacts, findings: &mut Findings) -> WantedCount {
        match *spec {
            CountSpec::Number(count) => WantedCount { count, asked: *spec },
            CountSpec::Bounded { want, at_most: AtMost::Total } => {
                let Some(offered) = facts.total_vfs else {
                    findings.problem(Some(origin), UNREAD_TOTAL, READ_TOTAL);
                    return WantedCount { count: facts.vf_count, asked: *spec };
                };
                if want > 0 && offered == 0 {
                    // Nothing at all is no success: `optional: true` is the word for that.
                    let message = format!("{want} VFs are requested, but device and driver offer none");
                    findings.problem(Some(origin), message, SRIOV_OFF);
                } else if want > offered {
                    findings.note(
                        Some(origin),
                        format!("{want} VFs are requested, but the device offers {offered}"),
                    );
                }
                WantedCount { count: want.min(offered), asked: *spec }
            }
        }
    }

    fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
        compare(context, diff);
    }

    fn live(facts: &PfFacts) -> Option<CountSpec> {
        Some(CountSpec::Number(facts.vf_count))
    }

    fn explain(desired: &WantedCount) -> Vec<(Property, String)> {
        let asked = match desired.asked {
            CountSpec::Number(count) => count.to_string(),
            CountSpec::Bounded { want, at_most: AtMost::Total } => {
                format!("{want}, at most what the device offers")
            }
        };
        vec![(Property::VfCount, asked)]
    }
}

/// Compares the count.
fn compare(context: &PfContext<'_>, diff: &mut PfDiff) {
    let PfContext { facts, desired, row, count, renews_vfs, .. } = *context;
    let Some(wanted) = &desired.count else { return };
    let number = |count: u16| ClaimValue::Number(u32::from(count));
    diff.goal.push(Claim::is(context.pf(), Property::VfCount, number(count)));
    diff.basis.push(Claim::is(context.pf(), Property::VfCount, number(facts.vf_count)));
    if !renews_vfs {
        return;
    }
    if facts.driver.as_ref().is_some_and(DriverName::is_vfio) {
        diff.findings.notes.push(Finding {
            origin: Some(wanted.origin.clone()),
            message: "vfio-pci creates VFs only if its parameter enable_sriov is set; programs that open a VF need the VF token of the PF; vfctl cannot see what user space does with the PF"
                .to_owned(),
            details: Vec::new(),
            help: Some("`modprobe vfio-pci enable_sriov=1`, or in a file of /etc/modprobe.d".to_owned()),
        });
    }
    let total = match offered(facts, count) {
        Ok(total) => total,
        Err(Obstacle { cause, fix }) => {
            diff.findings.problem(Some(&wanted.origin), cause, fix);
            return;
        }
    };
    // All VFs are gone by the time that the kernel says no to a count it offered before.
    diff.basis.push(Claim::is(context.pf(), Property::TotalVfs, number(total)));
    if facts.vf_count > 0 {
        diff.steps.push(remove(context));
        loss::note(context, &mut diff.findings);
    }
    if count > 0 {
        let mut step = Step::new(Phase::CreateVfs, Property::VfCount, Reason::Asked);
        step.changes.push(Change {
            from: Some(0_u16.into()),
            to: count.into(),
            origin: Some(wanted.origin.clone()),
            op: context.op(Action::CreateVfs(count)),
        });
        if facts.vf_count == 0 && row.count_flaps_link {
            context.disrupt_pf(&mut step);
            step.impact = if step.victims.is_empty() { Impact::None } else { Impact::FlapsLink };
        }
        if facts.vf_count == 0 && !facts.openers.is_empty() {
            context.disrupt_pf(&mut step);
            step.impact = Impact::Disturbs;
        }
        step.requires.push(Claim::is(context.pf(), Property::VfCount, number(0)));
        step.ends.push(Claim::is(context.pf(), Property::VfCount, number(count)));
        step.ends.extend(
            (0..count).map(|i| Claim::is(context.vf(VfIndex(i)), Property::Present, ClaimValue::Flag(true))),
        );
        step.ends.extend((0..count).map(VfIndex).filter_map(|index| {
            let address = ClaimValue::Name(context.vf_address(index)?.to_string());
            Some(Claim::is(context.vf(index), Property::Address, address))
        }));
        step.details.extend(addresses(context));
        step.ends.extend(drivers_settled(context));
        step.settle_ms = 10_000 + 100 * u32::from(count);
        diff.steps.push(step);
    }
}

/// Returns at which PCI addresses the new VFs will be, for people.
fn addresses(context: &PfContext<'_>) -> Option<String> {
    let mut addresses = (0..context.count).map(VfIndex).filter_map(|vf| Some((vf, context.vf_address(vf)?)));
    let (first, at) = addresses.next()?;
    Some(match addresses.next_back() {
        Some((last, end)) => format!("vf {first}-{last} at {at} to {end}"),
        None => format!("vf {first} at {at}"),
    })
}

/// Returns the claims that new VFs have the driver that the kernel gives them, and its interface, where both are
/// known: what follows must not race with a driver that is still coming.
fn drivers_settled(context: &PfContext<'_>) -> Vec<Claim> {
    let probed = !context.withholds_drivers && autoprobe_at_end(context) == Some(Toggle::On);
    let known = context.facts.vf_default_driver.as_ref();
    // One that is merely loadable comes only where somebody loads it for the new device.
    let drivers = &context.host.host.system.drivers;
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
        from: Some(facts.vf_count.into()),
        to: 0_u16.into(),
        origin: desired.count.as_ref().map(|wanted| wanted.origin.clone()),
        op: context.op(Action::RemoveVfs),
    });
    step.impact = Impact::Destroys;
    step.consequence = Some(format!("destroys vf {}", VfSet::first(facts.vf_count)));
    step.victims = context.victims_of_leaving(all.iter());
    step.requires = context.use_claims(&all);
    disrupt_representors(context, &mut step);
    if context.row.count_flaps_link || !facts.openers.is_empty() {
        context.disrupt_pf(&mut step);
    }
    // More of them would be destroyed than were named.
    let found = ClaimValue::Number(u32::from(facts.vf_count));
    step.requires.push(Claim::is(context.pf(), Property::VfCount, found));
    step.ends.push(Claim::is(context.pf(), Property::VfCount, ClaimValue::Number(0)));
    step.ends.extend(kept_mode(context));
    step.settle_ms = 10_000;
    step
}
