//! Overrides that somebody else set on VFs, such as driverctl or libvirt: left as they are, never cleared unasked.
//!
//! vfctl sets one only for the moment of a bind (`Action::BindDriver`), and takes back what a bind that was cut off left.

use std::collections::BTreeMap;

use vfctl_model::{DriverName, VfIndex, VfSet};
use vfctl_port::{Action, Claim, ClaimValue, Phase, Property};

use super::fate::default_driver;
use crate::change::Change;
use crate::change_value::ChangeValue;
use crate::context::{PfContext, PfDiff};
use crate::fate::{DriverFate, VfFate};
use crate::step::{Reason, Step};

/// Returns the override that a VF has and keeps: not the one that a bind which was cut off has left.
pub(super) fn kept<'a>(context: &PfContext<'a>, index: VfIndex) -> Option<&'a DriverName> {
    match owed(context, index) {
        Some(before) => before.as_ref(),
        None => found(context, index),
    }
}

/// Returns the override that a VF has.
fn found<'a>(context: &PfContext<'a>, index: VfIndex) -> Option<&'a DriverName> {
    context.kept_vf(index)?.driver_override.as_ref()
}

/// Returns the override that a VF had before a bind which was cut off.
fn owed<'a>(context: &PfContext<'a>, index: VfIndex) -> Option<&'a Option<DriverName>> {
    match context.owed_to_vf(index, Property::DriverOverride)? {
        Action::SetDriverOverride(before) => Some(before),
        _ => None,
    }
}

/// Restores the overrides that a bind which was cut off has left on VFs. A VF that meets its driver now has it restored
/// with that.
pub(super) fn restore(context: &PfContext<'_>, diff: &mut PfDiff) {
    let mut step = Step::new(Phase::FinishPf, Property::DriverOverride, Reason::RestoreLeft);
    for (index, fate) in context.fates().filter(|(_, fate)| !fate.meets_driver()) {
        let (Some(before), Some(function)) = (owed(context, index), context.vf_address(index)) else {
            continue;
        };
        let action = Action::SetDriverOverride(before.clone());
        step.ends.extend(action.after().map(|expect| Claim {
            subject: context.vf(index),
            property: Property::DriverOverride,
            expect,
        }));
        if !fate.leaves_driver() {
            claim(context, index, diff);
            context.claim_address(index, diff);
        }
        step.changes.push(Change {
            from: Some(ChangeValue::name(found(context, index))),
            to: ChangeValue::name(before.as_ref()),
            origin: None,
            op: context.op_on_function(index, function, action),
        });
    }
    if !step.changes.is_empty() {
        diff.goal.extend(step.ends.iter().cloned());
        diff.steps.push(step);
    }
}

/// Claims the override that a VF is found with before it goes to another driver.
pub(super) fn claim(context: &PfContext<'_>, index: VfIndex, diff: &mut PfDiff) {
    if context.kept_vf(index).is_none() {
        return;
    }
    let vf = context.vf(index);
    diff.basis.push(match found(context, index) {
        Some(driver) => Claim::is(vf, Property::DriverOverride, ClaimValue::Name(driver.to_string())),
        None => Claim::absent(vf, Property::DriverOverride),
    });
}

/// Reports VFs that somebody else has given to another driver than they are to have, and will again: libvirt and
/// driverctl do so at each boot and whenever the VF shows up anew.
pub(super) fn check(context: &PfContext<'_>, diff: &mut PfDiff) {
    let meets_driver = |index: &VfIndex| context.fate(*index).is_some_and(VfFate::meets_driver);
    let is_unread = |index: &VfIndex| context.kept_vf(*index).is_some_and(|vf| vf.driver_override_unread);
    let unread: VfSet = (0..context.count).map(VfIndex).filter(is_unread).filter(meets_driver).collect();
    if !unread.is_empty() {
        let message = format!("vf {unread}: driver_override could not be read, and a bind would clear it");
        diff.findings.problem(
            Some(&context.desired.origin),
            message,
            "run plan again once the device answers",
        );
    }
    let mut others: BTreeMap<&DriverName, VfSet> = BTreeMap::new();
    for (index, fate) in context.fates() {
        let Some(over) = kept(context, index) else { continue };
        let next = match &fate.driver {
            DriverFate::Keep | DriverFate::Unbind => continue,
            DriverFate::Bind { driver, reason: _ } => Some(driver.clone()),
            DriverFate::Probe { reason: _ } => default_driver(context),
        };
        if next.as_ref() != Some(over) {
            others.entry(over).or_default().insert(index);
        }
    }
    for (over, vfs) in others {
        let asked = vfs.iter().find_map(|index| context.desired.vfs.get(&index)?.driver.as_ref());
        let origin = asked.map_or(&context.desired.origin, |wanted| &wanted.origin);
        let device = vfs.iter().find_map(|index| context.vf_address(index));
        let device = device.map_or_else(String::new, |device| device.to_string());
        let more = if vfs.len() > 1 { ", for each of them" } else { "" };
        diff.findings.problem(
            Some(origin),
            format!("vf {vfs}: driver_override is set, but not by vfctl, to {over}"),
            format!(
                "name that driver in the spec, or clear it: `driverctl unset-override {device}`, \
                 or `echo > /sys/bus/pci/devices/{device}/driver_override`{more}"
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vfctl_port::Op;

    use super::*;
    use crate::binding::DriverChoice;
    use crate::sample::{self, Sample};

    /// Returns the diff of a VF with this driver and override where the spec asks for `wanted`.
    fn diff_of(driver: &str, over: &str, wanted: DriverChoice) -> PfDiff {
        let mut host = sample::host();
        let vf = &mut host["physicalFunctions"]["pci/0000:01:00.0"]["vfs"]["0"];
        vf["driver"] = json!(driver);
        vf["driverOverride"] = json!(over);
        sample::diff(host, Sample { driver: Some(wanted), ..Sample::default() })
    }

    fn named(driver: &str) -> DriverChoice {
        DriverChoice::Named(driver.parse().expect("a driver"))
    }

    #[test]
    fn override_that_somebody_else_set_to_another_driver_is_a_problem() {
        for wanted in [DriverChoice::Default, named("igbvf")] {
            let findings = diff_of("vfio-pci", "vfio-pci", wanted).findings;
            let [problem] = findings.problems.as_slice() else { panic!("{findings:?}") };
            assert_eq!(problem.origin, Some(sample::origin("driver")));
            assert_eq!(problem.message, "vf 0: driver_override is set, but not by vfctl, to vfio-pci");
            let help = problem.help.as_deref().unwrap_or_default();
            assert!(help.contains("driverctl unset-override 0000:01:10.0"), "{help}");
        }
    }

    #[test]
    fn override_of_the_driver_that_is_wanted_is_left_and_the_plan_rests_on_it() {
        for (now, wanted, over) in [
            ("igbvf", named("vfio-pci"), "vfio-pci"),
            ("vfio-pci", named("igbvf"), "igbvf"),
            ("vfio-pci", DriverChoice::Default, "igbvf"),
        ] {
            let diff = diff_of(now, over, wanted.clone());
            assert_eq!(diff.findings.problems, []);
            let mut ops = diff.steps.iter().flat_map(|step| &step.changes).map(|change| &change.op);
            let left = |op: &Op| match &op.action {
                Action::BindDriver(binding) => {
                    binding.override_after.as_ref().is_some_and(|o| o.as_str() == over)
                }
                _ => false,
            };
            assert!(ops.any(left), "{wanted:?}: {:?}", diff.steps);
            let rests = |claim: &Claim| claim.to_string().ends_with(&format!("driverOverride is {over}"));
            assert!(diff.basis.iter().any(rests), "{:?}", diff.basis);
        }
    }

    #[test]
    fn override_of_a_vf_that_keeps_its_driver_or_is_to_have_none_is_nobodys_business() {
        for wanted in [named("igbvf"), DriverChoice::Default, DriverChoice::None] {
            assert_eq!(diff_of("igbvf", "vfio-pci", wanted).findings.problems, []);
        }
    }
}
