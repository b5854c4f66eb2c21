//! Whether the kernel binds new VFs to a driver: a setting of the spec's, and one that is lent while VFs that
//! need another driver, or a MAC address before their driver, are made.

use vfctl_model::Toggle;
use vfctl_port::{Claim, ClaimValue, Op, Phase, Property};

use super::matcher::is_on;
use crate::binding;
use crate::context::{PfContext, PfDiff};
use crate::step::{Change, Reason, Step};

/// Returns the value that autoprobe has in the end; `None` off the PCI bus.
pub(crate) fn last_value(context: &PfContext<'_>) -> Option<Toggle> {
    let found = context.facts.drivers_autoprobe?;
    Some(context.desired.drivers_autoprobe.as_ref().map_or(found, |wanted| wanted.value))
}

/// Compares autoprobe, and lends it where new VFs must wait for their driver.
pub(crate) fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
    let (Some(found), Some(last)) = (context.facts.drivers_autoprobe, last_value(context)) else {
        if let Some(wanted) = &context.desired.drivers_autoprobe {
            let fix = "take driversAutoprobe out; only PCI devices have it";
            diff.findings.problem(Some(&wanted.origin), "the device has no autoprobe setting", fix);
        }
        return;
    };
    let holds = context.holds_new_vfs;
    let while_created = match (context.recreate && context.count > 0, holds) {
        (true, true) => Toggle::Off,
        (true, false) => last,
        (false, _) => found,
    };
    let probes = binding::probes(context);
    let while_bound = if probes { Toggle::On } else { last };
    let mut now = found;
    for (phase, next) in
        [(Phase::PreparePf, while_created), (Phase::UnbindNew, while_bound), (Phase::FinishPf, last)]
    {
        if next != now {
            let reason = match (next == last, next) {
                (true, _) if next != found => Reason::Asked,
                (true, _) => Reason::GiveBack,
                (false, Toggle::Off) => Reason::HoldNewVfs,
                (false, Toggle::On) => Reason::LetKernelChoose,
            };
            diff.steps.push(step(context, phase, now, next, reason));
            now = next;
        }
    }
    let value = |toggle| ClaimValue::Flag(is_on(toggle));
    if context.desired.drivers_autoprobe.is_some() || holds || probes {
        diff.basis.push(Claim::is(context.pf(), Property::DriversAutoprobe, value(found)));
        diff.goal.push(Claim::is(context.pf(), Property::DriversAutoprobe, value(last)));
    }
}

/// Returns the step that changes autoprobe from `now` to `next`.
fn step(context: &PfContext<'_>, phase: Phase, now: Toggle, next: Toggle, reason: Reason) -> Step {
    let pf = &context.desired.address;
    let set = |autoprobe| Op::SetDriversAutoprobe { pf: pf.clone(), autoprobe };
    let mut step = Step::new(phase, Property::DriversAutoprobe, reason);
    step.changes.push(Change {
        vf: None,
        from: Some(now.to_string()),
        to: next.to_string(),
        origin: context.desired.drivers_autoprobe.as_ref().map(|w| w.origin.to_string()),
        op: set(next),
    });
    step.ends.push(Claim::is(context.pf(), Property::DriversAutoprobe, ClaimValue::Flag(is_on(next))));
    let found = context.facts.drivers_autoprobe;
    // What is not the last value is lent, on as well as off.
    let last = last_value(context);
    step.give_back = last.or(found).filter(|last| *last != next).map(set);
    step
}
