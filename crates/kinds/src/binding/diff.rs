//! Compares the drivers of VFs.

use vfctl_model::{DriverName, PciAddress, VfIndex, VfSet};
use vfctl_port::{Action, Binding, Claim, ClaimValue, Phase, Property};

use super::fate::default_driver;
use super::spec::DriverChoice;
use super::{checks, overrides};
use crate::change::Change;
use crate::change_value::ChangeValue;
use crate::context::{PfContext, PfDiff};
use crate::desired::Wanted;
use crate::fate::{DriverFate, Life};
use crate::path::Origin;
use crate::step::{Impact, Reason, Step};
use crate::vf;

/// Compares the drivers of all VFs.
pub(super) fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
    if context.desired.address.pci().is_none() {
        let asked = context.desired.vfs.values().find_map(|vf| vf.driver.as_ref());
        if let Some(wanted) = asked {
            let fix = "take driver out; the device's VFs have none";
            diff.findings.problem(Some(&wanted.origin), "only VFs on the PCI bus have a driver", fix);
        }
        return;
    }
    if let Some(wanted) = driver_without_autoprobe(context) {
        let message = "the device does not say whether the kernel binds new VFs to a driver by itself";
        let fix = "apply the count without drivers first, then the drivers";
        diff.findings.problem(Some(&wanted.origin), message, fix);
        return;
    }
    checks::check(context, diff);
    overrides::check(context, diff);
    overrides::restore(context, diff);
    let mut unbind = Step::new(Phase::Unbind, Property::Driver, Reason::Asked);
    let mut binds: Vec<Step> = Vec::new();
    let mut unaddressed = VfSet::default();
    for (index, fate) in context.fates() {
        claim_present_driver(context, index, &fate.driver, diff);
        diff.drivers.extend(match &fate.driver {
            DriverFate::Bind { driver, reason: Reason::Asked } => Some(driver.clone()),
            DriverFate::Probe { .. } => default_driver(context),
            DriverFate::Bind { .. } | DriverFate::Unbind | DriverFate::Keep => None,
        });
        if !fate.leaves_driver() {
            continue;
        }
        overrides::claim(context, index, diff);
        context.claim_address(index, diff);
        let Some(device) = context.vf_address(index) else {
            unaddressed.insert(index);
            continue;
        };
        let held_by = context.kept_vf(index).and_then(|vf| vf.driver.as_ref());
        if let Some(driver) = held_by {
            leave(context, index, device, driver, &fate.driver, &mut unbind);
        }
        join(context, index, device, fate.driver.clone(), &mut binds);
    }
    if !unaddressed.is_empty() {
        let message = format!("vf {unaddressed}: the device does not say which PCI address it will have");
        let fix = "apply the count first, then the drivers";
        diff.findings.problem(Some(&context.desired.origin), message, fix);
    }
    if !unbind.changes.is_empty() {
        let touched: Vec<VfIndex> = unbind.changes.iter().filter_map(Change::vf).collect();
        unbind.victims = context.victims_of_leaving(touched.iter().copied());
        unbind.requires = context.use_claims(&touched.into_iter().collect());
        unbind.impact = Impact::Rebinds;
        unbind.settle_ms = 5_000;
        diff.steps.push(unbind);
    }
    for bind in &binds {
        diff.goal.extend(bind.ends.iter().cloned());
    }
    diff.steps.extend(binds);
}

/// Returns a driver that is asked for new VFs where these cannot be held back from the kernel's own: the device has
/// no `sriov_drivers_autoprobe` (kernels before 4.12), or it could not be read.
fn driver_without_autoprobe<'a>(context: &PfContext<'a>) -> Option<&'a Wanted<DriverChoice>> {
    if !context.renews_vfs || context.facts.drivers_autoprobe().is_some() {
        return None;
    }
    let mut drivers = context.wanted_vfs().filter_map(|(_, vf)| vf.driver.as_ref());
    drivers.find(|wanted| wanted.value != DriverChoice::Default)
}

/// Claims the driver that a VF has and keeps, where the spec asks for it.
fn claim_present_driver(context: &PfContext<'_>, index: VfIndex, fate: &DriverFate, diff: &mut PfDiff) {
    // Somebody else's for now: nothing is held against it.
    if context.life(index) == Life::LeftAlone {
        return;
    }
    let wanted =
        context.desired.vfs.get(&index).and_then(|vf| vf.driver.as_ref()).map(|wanted| &wanted.value);
    let now = context.kept_vf(index).map(|vf| driver_claim(context, index, vf.driver.as_ref()));
    match (wanted, fate) {
        (Some(DriverChoice::None), DriverFate::Keep) => diff.goal.push(driver_claim(context, index, None)),
        (Some(_), DriverFate::Keep) => diff.goal.extend(now.clone()),
        _ => {}
    }
    if wanted.is_some() || *fate != DriverFate::Keep {
        diff.basis.extend(now);
    }
}

/// Returns the claim that the VF is held by this driver, or by none.
fn driver_claim(context: &PfContext<'_>, index: VfIndex, driver: Option<&DriverName>) -> Claim {
    match driver {
        Some(driver) => Claim::is(context.vf(index), Property::Driver, ClaimValue::Name(driver.to_string())),
        None => Claim::absent(context.vf(index), Property::Driver),
    }
}

/// Adds the VF to the step in which VFs leave their driver.
fn leave(
    context: &PfContext<'_>,
    index: VfIndex,
    device: PciAddress,
    driver: &DriverName,
    fate: &DriverFate,
    unbind: &mut Step,
) {
    unbind.changes.push(Change {
        from: Some(ChangeValue::name(Some(driver))),
        to: ChangeValue::Nothing,
        origin: origin(context, index),
        op: context.op_on_function(index, device, Action::UnbindDriver),
    });
    if let DriverFate::Bind { reason: Reason::MacNeedsRebind, .. } = fate {
        unbind.reason = Reason::MacNeedsRebind;
    }
    unbind.ends.push(driver_claim(context, index, None));
}

/// Adds the VF to the step in which VFs of its reason meet their driver.
fn join(
    context: &PfContext<'_>,
    index: VfIndex,
    device: PciAddress,
    fate: DriverFate,
    binds: &mut Vec<Step>,
) {
    let (phase, action, reason, driver) = match fate {
        DriverFate::Keep | DriverFate::Unbind => return,
        DriverFate::Bind { driver, reason } => {
            let override_after = overrides::kept(context, index).cloned();
            let action = Action::BindDriver(Binding { driver: driver.clone(), override_after });
            (Phase::Bind, action, reason, Some(driver))
        }
        DriverFate::Probe { reason } => (Phase::Probe, Action::ProbeDriver, reason, default_driver(context)),
    };
    let change = Change {
        from: Some(ChangeValue::Nothing),
        to: driver.as_ref().map_or(ChangeValue::KernelsChoice, |driver| ChangeValue::name(Some(driver))),
        origin: origin(context, index),
        op: context.op_on_function(index, device, action),
    };
    let position = match binds.iter().position(|step| (step.phase, step.reason) == (phase, reason)) {
        Some(position) => position,
        None => {
            let mut step = Step::new(phase, Property::Driver, reason);
            context.await_carrier(&mut step);
            binds.push(step);
            binds.len() - 1
        }
    };
    let Some(step) = binds.get_mut(position) else { return };
    step.changes.push(change);
    if let Some(driver) = driver {
        step.ends.push(driver_claim(context, index, Some(&driver)));
        if context.row.has_interface && context.row.vf_driver == Some(driver.as_str()) {
            step.ends.push(Claim::is(context.vf(index), Property::Interface, ClaimValue::Flag(true)));
            step.ends.extend(vf::interface_mac_claim(context, index, &driver));
        }
    }
}

/// Returns the place in the spec that asks for the VF's driver.
pub(super) fn origin(context: &PfContext<'_>, index: VfIndex) -> Option<Origin> {
    let wanted = context.desired.vfs.get(&index)?.driver.as_ref()?;
    Some(wanted.origin.clone())
}
