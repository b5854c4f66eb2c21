//! Compares the drivers of VFs.

use vfctl_model::{DriverName, PciAddress, VfAttribute, VfIndex, VfSet};
use vfctl_port::{AdminState, Claim, ClaimValue, Op, Phase, Property};

use super::fate::{Fate, default_driver, fate, may_have_default};
use super::overrides;
use crate::context::{PfContext, PfDiff};
use crate::desired::Wanted;
use crate::finding::Finding;
use crate::setting::Setting;
use crate::step::{Change, Impact, Reason, Step};
use crate::vf::DriverSpec;

/// Compares the drivers of all VFs.
pub(crate) fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
    if context.desired.address.pci().is_none() {
        let asked = context.desired.vfs.values().find_map(|vf| vf.driver.as_ref());
        if let Some(wanted) = asked {
            let fix = "take driver out; the device's VFs have none";
            diff.findings.problem(Some(&wanted.origin), "only VFs on the PCI bus have a driver", fix);
        }
        return;
    }
    if let Some(wanted) = held_without_autoprobe(context) {
        let message = "the device does not say whether the kernel binds new VFs to a driver by itself";
        let fix = "apply the count without drivers first, then the drivers";
        diff.findings.problem(Some(&wanted.origin), message, fix);
        return;
    }
    check_vfio(context, diff);
    check_of_port(context, diff);
    tell_of_no_default(context, diff);
    tell_of_deaf(context, diff);
    overrides::check(context, diff);
    let mut unbind = Step::new(Phase::Unbind, Property::Driver, Reason::Asked);
    let mut binds: Vec<Step> = Vec::new();
    let mut unaddressed = VfSet::default();
    for index in (0..context.count).map(VfIndex) {
        let fate = fate(context, index);
        claim_present_driver(context, index, &fate, diff);
        if fate == Fate::Keep {
            continue;
        }
        overrides::claim(context, index, diff);
        let Some(device) = context.vf_address(index) else {
            unaddressed.insert(index);
            continue;
        };
        let held_by = context.kept_vf(index).and_then(|vf| vf.driver.as_ref());
        if let Some(driver) = held_by {
            leave(context, index, device, driver, &fate, &mut unbind);
        }
        join(context, index, device, fate, &mut binds);
    }
    if !unaddressed.is_empty() {
        let message = format!("vf {unaddressed}: the device does not say which PCI address it will have");
        let fix = "apply the count first, then the drivers";
        diff.findings.problem(Some(&context.desired.origin), message, fix);
    }
    if !unbind.changes.is_empty() {
        let touched: Vec<VfIndex> = unbind.changes.iter().filter_map(|change| change.vf).collect();
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
fn held_without_autoprobe<'a>(context: &PfContext<'a>) -> Option<&'a Wanted<DriverSpec>> {
    if !context.recreate || context.facts.drivers_autoprobe.is_some() {
        return None;
    }
    let drivers =
        context.desired.vfs.range(..VfIndex(context.count)).filter_map(|(_, vf)| vf.driver.as_ref());
    drivers.into_iter().find(|wanted| wanted.value != DriverSpec::Default)
}

/// Claims the driver that a VF has and keeps, where the spec asks for it.
fn claim_present_driver(context: &PfContext<'_>, index: VfIndex, fate: &Fate, diff: &mut PfDiff) {
    // Somebody else's for now: nothing is held against it.
    if context.is_lent_out(index) {
        return;
    }
    let wanted =
        context.desired.vfs.get(&index).and_then(|vf| vf.driver.as_ref()).map(|wanted| &wanted.value);
    let now = context.kept_vf(index).map(|vf| driver_claim(context, index, vf.driver.as_ref()));
    match (wanted, fate) {
        (Some(DriverSpec::None), Fate::Keep) => diff.goal.push(driver_claim(context, index, None)),
        (Some(_), Fate::Keep) => diff.goal.extend(now.clone()),
        _ => {}
    }
    if wanted.is_some() || *fate != Fate::Keep {
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
    fate: &Fate,
    unbind: &mut Step,
) {
    let pf = context.desired.address.clone();
    unbind.changes.push(Change {
        vf: Some(index),
        from: Some(driver.to_string()),
        to: "none".to_owned(),
        origin: origin(context, index),
        op: Op::UnbindDriver { pf, vf: index, device },
    });
    if let Fate::Bind { reason: Reason::MacNeedsRebind, .. } = fate {
        unbind.reason = Reason::MacNeedsRebind;
    }
    unbind.ends.push(driver_claim(context, index, None));
}

/// Adds the VF to the step in which VFs of its reason meet their driver.
fn join(context: &PfContext<'_>, index: VfIndex, device: PciAddress, fate: Fate, binds: &mut Vec<Step>) {
    let pf = context.desired.address.clone();
    let (op, reason, driver) = match fate {
        Fate::Keep => return,
        Fate::Unbind => return,
        Fate::Bind { driver, reason } => {
            let override_after = overrides::found(context, index).cloned();
            let op = Op::BindDriver { pf, vf: index, device, driver: driver.clone(), override_after };
            (op, reason, Some(driver))
        }
        Fate::Probe { reason } => {
            (Op::ProbeDriver { pf, vf: index, device }, reason, default_driver(context))
        }
    };
    let change = Change {
        vf: Some(index),
        from: Some("none".to_owned()),
        to: driver.as_ref().map_or_else(|| "the kernel's choice".to_owned(), ToString::to_string),
        origin: origin(context, index),
        op,
    };
    let position = match binds.iter().position(|step| step.reason == reason) {
        Some(position) => position,
        None => {
            let mut step = Step::new(Phase::Bind, Property::Driver, reason);
            step.settle_ms = 15_000;
            // A VF's driver that meets its PF still in reset makes up a MAC address of its own (igbvf_probe,
            // drivers/net/ethernet/intel/igbvf/netdev.c).
            let had_carrier = context.facts.netdev.as_ref().is_some_and(|netdev| netdev.up && netdev.carrier);
            if context.recreate && context.row.count_flaps_link && had_carrier {
                step.requires.push(Claim::is(context.pf(), Property::Carrier, ClaimValue::Flag(true)));
            }
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
        }
    }
}

/// Returns the place in the spec that asks for the VF's driver.
fn origin(context: &PfContext<'_>, index: VfIndex) -> Option<String> {
    let wanted = context.desired.vfs.get(&index)?.driver.as_ref()?;
    Some(wanted.origin.to_string())
}

/// Reports VFs that are to get the driver of their port, where that has another one for its VFs: `igb` meant as
/// `igbvf`. Some drivers warn with a stack trace about a VF (`igb_probe`, drivers/net/ethernet/intel/igb/igb_main.c).
fn check_of_port(context: &PfContext<'_>, diff: &mut PfDiff) {
    let (Some(of_port), Some(of_vfs)) = (&context.facts.driver, default_driver(context)) else { return };
    let wanted = context.desired.vfs.range(..VfIndex(context.count));
    let mistaken = wanted.filter_map(|(_, vf)| vf.driver.as_ref()).find(|wanted| {
        of_vfs != *of_port && matches!(&wanted.value, DriverSpec::Named(driver) if driver == of_port)
    });
    if let Some(wanted) = mistaken {
        let message = format!("{of_port} is the driver of the port; its VFs take {of_vfs}");
        let fix = format!("say `driver: {of_vfs}`, or `driver: default`");
        diff.findings.problem(Some(&wanted.origin), message, fix);
    }
}

/// Notes VFs that meet a driver which will not hear of their MAC address, since the PF is down.
fn tell_of_deaf(context: &PfContext<'_>, diff: &mut PfDiff) {
    let is_up = context.facts.netdev.as_ref().is_none_or(|netdev| netdev.up);
    let will_be_up =
        context.desired.admin_state.as_ref().is_some_and(|wanted| wanted.value == AdminState::Up);
    if !context.row.mac_needs_pf_up || is_up || will_be_up {
        return;
    }
    let wanted = context.desired.vfs.range(..VfIndex(context.count));
    let deaf = wanted.filter(|(index, vf)| {
        let mac = vf.attributes.get(&VfAttribute::MacAddress).map(|wanted| wanted.value);
        let meets = match fate(context, **index) {
            Fate::Bind { driver, .. } => !driver.is_vfio(),
            Fate::Probe { .. } => true,
            Fate::Unbind | Fate::Keep => false,
        };
        meets && matches!(mac, Some(Setting::Value(_)))
    });
    let vfs: VfSet = deaf.map(|(index, _)| *index).collect();
    if !vfs.is_empty() {
        diff.findings.notes.push(Finding {
            origin: None,
            message: format!(
                "vf {vfs}: their driver hears of their MAC address only while the PF is up, and it is down: they will \
                 have one of their own until they meet their driver anew"
            ),
            details: Vec::new(),
            help: Some("add `adminState: up` to the PF".to_owned()),
        });
    }
}

/// Notes VFs that are to have the kernel's driver where it has none for them.
fn tell_of_no_default(context: &PfContext<'_>, diff: &mut PfDiff) {
    if may_have_default(context) {
        return;
    }
    let driverless = |index: &VfIndex| context.kept_vf(*index).is_none_or(|vf| vf.driver.is_none());
    let wanted = context.desired.vfs.range(..VfIndex(context.count));
    let asked = wanted.filter(|(index, vf)| {
        driverless(index) && vf.driver.as_ref().is_some_and(|wanted| wanted.value == DriverSpec::Default)
    });
    let vfs: VfSet = asked.map(|(index, _)| *index).collect();
    if !vfs.is_empty() {
        let message =
            format!("vf {vfs}: driver default: the kernel has no driver for them, or may not load it");
        diff.findings.note(None, message);
    }
}

/// Reports VFs that are to go to vfio on a machine without IOMMU, before anything is written; a note where vfio
/// was told to do without.
fn check_vfio(context: &PfContext<'_>, diff: &mut PfDiff) {
    let mut to_vfio = VfSet::default();
    for index in (0..context.count).map(VfIndex) {
        if let Fate::Bind { driver, .. } = fate(context, index)
            && driver.is_vfio()
        {
            to_vfio.insert(index);
            check_siblings(context, index, diff);
        }
    }
    let system = &context.host.system;
    if to_vfio.is_empty() || system.iommu.groups > 0 {
        return;
    }
    let origin = to_vfio.iter().find_map(|index| origin(context, index));
    if system.iommu.unsafe_noiommu {
        let message = format!(
            "vf {to_vfio}: vfio works without IOMMU here (enable_unsafe_noiommu_mode): who opens a VF reaches all memory"
        );
        diff.findings.note(origin.as_deref(), message);
        return;
    }
    let fix =
        "enable it in firmware (VT-d, AMD-Vi) and boot with `intel_iommu=on iommu=pt` (AMD: `iommu=pt`)";
    diff.findings.problem(
        origin.as_deref(),
        format!("vf {to_vfio}: vfio needs the IOMMU, which is off"),
        fix,
    );
}

/// Notes that a VF shares its IOMMU group with others: user space gets all of a group or none.
fn check_siblings(context: &PfContext<'_>, index: VfIndex, diff: &mut PfDiff) {
    let Some(group) = context.kept_vf(index).and_then(|vf| vf.iommu_group.as_ref()) else { return };
    if !group.siblings.is_empty() {
        let others = group.siblings.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let message = format!(
            "vf {index}: shares IOMMU group {} with {others}; user space gets it only when none of them has a host driver",
            group.number
        );
        diff.findings.note(None, message);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{self, Wish};

    #[test]
    fn vfio_without_iommu_is_a_problem_and_a_note_where_vfio_may_do_without() {
        let findings = |noiommu: bool| {
            let mut host = sample::host();
            host["system"]["iommu"] = json!({"groups": 0, "kinds": [], "unsafeNoiommu": noiommu});
            let driver = DriverSpec::Named("vfio-pci".parse().expect("a driver"));
            sample::diff(host, Wish { driver: Some(driver), ..Wish::default() }).findings
        };
        let (off, on) = (findings(false), findings(true));
        assert_eq!((off.problems.len(), off.notes.len()), (1, 0));
        assert_eq!(off.problems[0].message, "vf 0: vfio needs the IOMMU, which is off");
        assert_eq!((on.problems.len(), on.notes.len()), (0, 1));
        assert!(on.notes[0].message.contains("enable_unsafe_noiommu_mode"), "{:?}", on.notes);
    }

    #[test]
    fn nothing_is_held_against_a_vf_that_is_lent() {
        for driver in [DriverSpec::None, DriverSpec::Named("vfio-pci".parse().expect("a driver"))] {
            let mut host = sample::host();
            host["physicalFunctions"]["pci/0000:01:00.0"]["vfs"]["0"]["uses"] =
                json!([{"use": "namespace", "name": "pod"}]);
            let diff = sample::diff(host, Wish { driver: Some(driver), ..Wish::default() });
            assert_eq!((diff.steps, diff.goal, diff.findings.problems), (vec![], vec![], vec![]));
            assert_eq!(diff.findings.notes.len(), 1, "that is told");
        }
    }

    #[test]
    fn default_driver_that_nobody_knows_is_left_to_the_kernel_and_one_that_is_not_there_is_none() {
        for (unread, bound) in [(true, true), (false, false)] {
            let mut host = sample::host();
            let pf = &mut host["physicalFunctions"]["pci/0000:01:00.0"];
            pf["driver"] = json!("unheard_of");
            pf["vfDefaultDriver"] = json!(null);
            pf["vfDefaultDriverUnread"] = json!(unread);
            pf["vfs"]["0"]["driver"] = json!("vfio-pci");
            let diff = sample::diff(host, Wish { driver: Some(DriverSpec::Default), ..Wish::default() });
            let ops: Vec<&Op> = diff.steps.iter().flat_map(|s| &s.changes).map(|change| &change.op).collect();
            assert!(matches!(ops.first(), Some(Op::UnbindDriver { .. })), "{ops:?}");
            assert_eq!(ops.iter().any(|op| matches!(op, Op::ProbeDriver { .. })), bound, "{ops:?}");
        }
    }
}
