//! Whether the kernel binds new VFs to a driver: a setting of the spec's, and one that is off for a while where VFs that
//! need another driver, or a MAC address before their driver, are made.

use vfctl_model::{Reading, Toggle};
use vfctl_port::{Action, Claim, ClaimValue, PfFacts, Phase, Property};

use crate::change::Change;
use crate::context::{PfContext, PfDiff};
use crate::fate::DriverFate;
use crate::finding::Findings;
use crate::kind::PfKind;
use crate::path::Origin;
use crate::step::{Reason, Step};

/// Whether the kernel binds new VFs to a driver.
#[derive(Debug)]
pub struct DriversAutoprobe;

impl PfKind for DriversAutoprobe {
    type Spec = Toggle;
    type Desired = Toggle;

    fn resolve(spec: &Toggle, _: &Origin, _: &PfFacts, _: &mut Findings) -> Toggle {
        *spec
    }

    fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
        compare(context, diff);
    }

    fn live(facts: &PfFacts) -> Option<Toggle> {
        facts.drivers_autoprobe().filter(|autoprobe| *autoprobe == Toggle::Off)
    }

    fn explain(desired: &Toggle) -> Vec<(Property, String)> {
        vec![(Property::DriversAutoprobe, desired.to_string())]
    }
}

/// Returns the value that autoprobe has in the end; `None` off the PCI bus.
pub(crate) fn at_end(context: &PfContext<'_>) -> Option<Toggle> {
    let found = context.facts.drivers_autoprobe()?;
    let wanted = context.desired.drivers_autoprobe.as_ref().map(|wanted| wanted.value);
    Some(wanted.or_else(|| owed(context)).unwrap_or(found))
}

/// Returns the value that an apply which was cut off has not restored.
fn owed(context: &PfContext<'_>) -> Option<Toggle> {
    match context.owed(Property::DriversAutoprobe)? {
        Action::SetDriversAutoprobe(value) => Some(*value),
        _ => None,
    }
}

/// Compares autoprobe, and turns it off for a while where no driver may take new VFs yet.
fn compare(context: &PfContext<'_>, diff: &mut PfDiff) {
    let reading = Property::DriversAutoprobe.read_pf(context.host.host, context.facts);
    if let Reading::Unreadable(why) = reading {
        report_unread(context, &why, diff);
        return;
    }
    let (Some(found), Some(last)) = (context.facts.drivers_autoprobe(), at_end(context)) else {
        if let Some(wanted) = &context.desired.drivers_autoprobe {
            let fix = "take driversAutoprobe out; only PCI devices have it";
            diff.findings.problem(Some(&wanted.origin), "the device has no autoprobe setting", fix);
        }
        return;
    };
    let withholds = context.withholds_drivers;
    let while_created = match (context.renews_vfs && context.count > 0, withholds) {
        (true, true) => Toggle::Off,
        (true, false) => last,
        (false, _) => found,
    };
    let probes = context.fates().any(|(_, fate)| matches!(fate.driver, DriverFate::Probe { .. }));
    let while_bound = if probes { Toggle::On } else { last };
    let mut now = found;
    let is_left = context.desired.drivers_autoprobe.is_none() && owed(context).is_some();
    for (phase, next) in
        [(Phase::PreparePf, while_created), (Phase::AllowDrivers, while_bound), (Phase::FinishPf, last)]
    {
        if next != now {
            let reason = match (next == last, next) {
                (true, _) if next != found && is_left => Reason::RestoreLeft,
                (true, _) if next != found => Reason::Asked,
                (true, _) => Reason::GiveBack,
                (false, Toggle::Off) => Reason::WithholdDrivers,
                (false, Toggle::On) => Reason::LetKernelChoose,
            };
            diff.steps.push(step(context, phase, now, next, reason));
            now = next;
        }
    }
    let value = |toggle| ClaimValue::Flag(toggle == Toggle::On);
    if context.desired.drivers_autoprobe.is_some() || withholds || probes || is_left {
        diff.basis.push(Claim::is(context.pf(), Property::DriversAutoprobe, value(found)));
        diff.goal.push(Claim::is(context.pf(), Property::DriversAutoprobe, value(last)));
    }
}

/// Reports where it matters that nobody knows whether new VFs are bound: where it is asked for, where VFs are made, and
/// where one is given a driver.
fn report_unread(context: &PfContext<'_>, why: &str, diff: &mut PfDiff) {
    let wanted = context.desired.drivers_autoprobe.as_ref().map(|wanted| &wanted.origin);
    let count = context.desired.count.as_ref().map(|wanted| &wanted.origin);
    let makes_vfs = context.renews_vfs && context.count > 0;
    let binds = context.fates().any(|(_, fate)| fate.meets_driver());
    let binding = binds.then_some(&context.desired.origin);
    if let Some(origin) = wanted.or(count.filter(|_| makes_vfs)).or(binding) {
        let message = format!("driversAutoprobe could not be read: {why}");
        let fix = format!("make {}/sriov_drivers_autoprobe readable", context.desired.address.sysfs());
        diff.findings.problem(Some(origin), message, fix);
    }
}

/// Returns the step that changes autoprobe from `now` to `next`.
fn step(context: &PfContext<'_>, phase: Phase, now: Toggle, next: Toggle, reason: Reason) -> Step {
    let mut step = Step::new(phase, Property::DriversAutoprobe, reason);
    step.changes.push(Change {
        from: Some(now.into()),
        to: next.into(),
        origin: context.desired.drivers_autoprobe.as_ref().map(|wanted| wanted.origin.clone()),
        op: context.op(Action::SetDriversAutoprobe(next)),
    });
    step.ends.push(Claim::is(context.pf(), Property::DriversAutoprobe, ClaimValue::Flag(next == Toggle::On)));
    if phase == Phase::AllowDrivers && next == Toggle::On {
        // Whoever loads the driver's module then, gives it to the VFs at once.
        context.await_carrier(&mut step);
    }
    step
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::sample::{self, Sample};

    #[test]
    fn autoprobe_that_could_not_be_read_is_a_problem_where_vfs_are_made() {
        let problems = |count: u16, autoprobe: &str| {
            let mut host = sample::host();
            let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
            pf["properties"] = json!({ "driversAutoprobe": autoprobe });
            let diff = sample::diff(host, Sample { count: Some(count), ..Sample::default() });
            diff.findings.problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        assert_eq!(problems(4, "unreadable: EACCES"), ["driversAutoprobe could not be read: EACCES"]);
        assert_eq!(problems(0, "unreadable: EACCES"), [""; 0]);
        assert_eq!(problems(4, "on"), [""; 0]);
    }
}
