//! What drivers demand of the PF's link before they take a rate, checked before anything is written.

use vfctl_model::{Guarantees, RateLimits, VfAttribute, VfIndex, VfSet, VfValue};
use vfctl_port::{Action, AdminState, PfNetdev};

use super::need::value_of;
use super::order;
use crate::change::Change;
use crate::context::{PfContext, PfDiff};
use crate::path::Origin;
use crate::step::Step;

/// Reports rates that the driver will refuse for the state of the PF's link.
pub(super) fn check<'a>(context: &PfContext<'_>, steps: impl Iterator<Item = &'a Step>, diff: &mut PfDiff) {
    let Some(netdev) = &context.facts.netdev else { return };
    let rates: Vec<(&Change, u32)> = steps
        .flat_map(|step| &step.changes)
        .filter_map(|change| match &change.op.action {
            Action::SetVfAttribute(setting) => match setting.value() {
                VfValue::Rate(RateLimits { min: _, max }) => Some((change, max.0)),
                VfValue::Mac(_) | VfValue::Vlan(_) | VfValue::Toggle(_) | VfValue::LinkState(_) => None,
            },
            _ => None,
        })
        .collect();
    let Some((first, _)) = rates.first() else { return };
    let origin = first.origin.as_ref();
    let vfs: VfSet = rates.iter().filter_map(|(change, _)| change.vf()).collect();
    if context.row.rate_needs_carrier {
        check_carrier(context, netdev, &vfs, origin, diff);
    }
    if context.row.guarantees == Guarantees::Counted && !netdev.carrier {
        check_guarantees_in_the_dark(context, netdev, &rates, diff);
    }
    let Some(speed) = netdev.speed.filter(|speed| *speed > 0 && netdev.carrier) else { return };
    check_guarantees(context, speed, &vfs, origin, diff);
    if let Some(only) = context.row.rate_needs_speed.filter(|only| *only != speed) {
        let message = format!(
            "vf {vfs}: rate: driver {} accepts rates only at {only} Mbit/s, and the link has {speed}",
            context.row.driver
        );
        diff.findings.problem(origin, message, "connect the port at that speed, or leave the rate out");
    }
    let highest = rates.iter().map(|(_, max)| *max).max().unwrap_or(0);
    if context.row.rate_within_speed && highest > speed {
        let message = format!("vf {vfs}: a rate of {highest} Mbit/s is more than the link's {speed} Mbit/s");
        diff.findings.problem(origin, message, format!("ask for at most {speed}"));
    }
}

/// Reports guaranteed rates that a driver counts against a link without a carrier, whose speed is 0.
fn check_guarantees_in_the_dark(
    context: &PfContext<'_>,
    netdev: &PfNetdev,
    rates: &[(&Change, u32)],
    diff: &mut PfDiff,
) {
    let guaranteed = rates.iter().filter(|(change, _)| order::guarantees(&change.op));
    let vfs: VfSet = guaranteed.clone().filter_map(|(change, _)| change.vf()).collect();
    let Some((first, _)) = guaranteed.clone().next() else { return };
    // One that the plan sets up may have a carrier by then.
    let comes_up =
        context.desired.admin_state.as_ref().is_some_and(|w| w.value == AdminState::Up) && !netdev.up;
    if comes_up {
        return;
    }
    let message = format!(
        "vf {vfs}: driver {} counts guaranteed rates against the link's speed, and the PF has no carrier",
        context.row.driver
    );
    let fix = "connect the port and set it up, or leave min out until it is";
    diff.findings.problem(first.origin.as_ref(), message, fix);
}

/// Reports guaranteed rates that come to more than the link has: of the VFs that a rate is written to, and of those that
/// keep one.
fn check_guarantees(
    context: &PfContext<'_>,
    speed: u32,
    written: &VfSet,
    origin: Option<&Origin>,
    diff: &mut PfDiff,
) {
    let min_of = |value: VfValue| match value {
        VfValue::Rate(RateLimits { min, max: _ }) => u64::from(min.0),
        VfValue::Mac(_) | VfValue::Vlan(_) | VfValue::Toggle(_) | VfValue::LinkState(_) => 0,
    };
    let wanted = |index: VfIndex| {
        let vf = context.desired.vfs.get(&index)?;
        Some(min_of(value_of(VfAttribute::Rate, vf.attributes.get(VfAttribute::Rate)?.value)))
    };
    let kept = |index: VfIndex| context.known(index, VfAttribute::Rate).map(min_of);
    let guaranteed = (0..context.count).map(VfIndex).map(|index| wanted(index).or_else(|| kept(index)));
    let sum: u64 = guaranteed.flatten().sum();
    let adds = written.iter().any(|index| wanted(index).is_some_and(|min| min > 0));
    if sum <= u64::from(speed) || !adds {
        return;
    }
    let driver = context.row.driver;
    let message = format!("the guaranteed rates of all VFs come to {sum} Mbit/s, and the link has {speed}");
    match context.row.guarantees {
        Guarantees::Counted => {
            let fix = format!("guarantee at most {speed} Mbit/s in all; driver {driver} refuses more");
            diff.findings.problem(origin, message, fix);
        }
        Guarantees::Weighed => {
            diff.findings.note(
                origin,
                format!("{message}; driver {driver} gives each VF a proportional share of the link"),
            );
        }
        Guarantees::Unknown => diff.findings.note(origin, message),
    }
}

/// Reports a PF that will have no carrier.
fn check_carrier(
    context: &PfContext<'_>,
    netdev: &PfNetdev,
    vfs: &VfSet,
    origin: Option<&Origin>,
    diff: &mut PfDiff,
) {
    let driver = context.row.driver;
    let will_be_up = context.desired.admin_state.as_ref().map_or(netdev.up, |w| w.value == AdminState::Up);
    let takes = format!("vf {vfs}: rate: driver {driver} accepts rates only while the PF has a carrier");
    if let Some(down) = context.desired.admin_state.as_ref().filter(|_| !will_be_up) {
        let message = format!("{takes}, and the spec sets it down, at {}", down.origin);
        diff.findings.problem(origin, message, "remove one of the two, or set the PF up");
    } else if !will_be_up {
        let message = format!("{takes}, and it is down");
        diff.findings.problem(origin, message, "add `adminState: up` to the PF");
    } else if netdev.up && !netdev.carrier {
        let fix = "connect the port, or leave the rate out until it is connected";
        diff.findings.problem(origin, format!("{takes}, and it has none"), fix);
    }
}
