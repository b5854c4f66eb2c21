//! What is wrong with, or good to know of, the drivers that VFs are to have, before anything is written.

use vfctl_model::{VfAttribute, VfIndex, VfSet};
use vfctl_port::AdminState;

use super::diff::origin;
use super::fate::{default_driver, may_have_default};
use super::spec::DriverChoice;
use crate::context::{PfContext, PfDiff};
use crate::fate::DriverFate;
use crate::finding::Finding;
use crate::setting::Setting;

/// Checks the drivers of all VFs.
pub(super) fn check(context: &PfContext<'_>, diff: &mut PfDiff) {
    check_vfio(context, diff);
    check_of_port(context, diff);
    note_no_default(context, diff);
    note_deaf(context, diff);
}

/// Reports VFs that are to get the driver of their port, where that has another one for its VFs: `igb` meant as
/// `igbvf`. Some drivers warn with a stack trace about a VF (`igb_probe`, drivers/net/ethernet/intel/igb/igb_main.c).
fn check_of_port(context: &PfContext<'_>, diff: &mut PfDiff) {
    let (Some(of_port), Some(of_vfs)) = (&context.facts.driver, default_driver(context)) else { return };
    let wanted = context.wanted_vfs();
    let mistaken = wanted.filter_map(|(_, vf)| vf.driver.as_ref()).find(|wanted| {
        of_vfs != *of_port && matches!(&wanted.value, DriverChoice::Named(driver) if driver == of_port)
    });
    if let Some(wanted) = mistaken {
        let message = format!("{of_port} is the driver of the port; its VFs take {of_vfs}");
        let fix = format!("say `driver: {of_vfs}`, or `driver: default`");
        diff.findings.problem(Some(&wanted.origin), message, fix);
    }
}

/// Notes VFs that meet a driver which will not hear of their MAC address, since the PF is down.
fn note_deaf(context: &PfContext<'_>, diff: &mut PfDiff) {
    let is_up = context.facts.netdev.as_ref().is_none_or(|netdev| netdev.up);
    let will_be_up =
        context.desired.admin_state.as_ref().is_some_and(|wanted| wanted.value == AdminState::Up);
    if !context.row.mac_needs_pf_up || is_up || will_be_up {
        return;
    }
    let wanted = context.wanted_vfs();
    let deaf = wanted.filter(|(index, vf)| {
        let mac = vf.attributes.get(VfAttribute::MacAddress).map(|wanted| wanted.value);
        let meets = match context.fate(*index).map(|fate| &fate.driver) {
            Some(DriverFate::Bind { driver, .. }) => !driver.is_vfio(),
            Some(DriverFate::Probe { .. }) => true,
            Some(DriverFate::Unbind | DriverFate::Keep) | None => false,
        };
        meets && matches!(mac, Some(Setting::Value(_)))
    });
    let vfs: VfSet = deaf.map(|(index, _)| index).collect();
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
fn note_no_default(context: &PfContext<'_>, diff: &mut PfDiff) {
    if may_have_default(context) {
        return;
    }
    let driverless = |index: &VfIndex| context.kept_vf(*index).is_none_or(|vf| vf.driver.is_none());
    let wanted = context.wanted_vfs();
    let asked = wanted.filter(|(index, vf)| {
        driverless(index) && vf.driver.as_ref().is_some_and(|wanted| wanted.value == DriverChoice::Default)
    });
    let vfs: VfSet = asked.map(|(index, _)| index).collect();
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
    for (index, fate) in context.fates() {
        if let DriverFate::Bind { driver, .. } = &fate.driver
            && driver.is_vfio()
        {
            to_vfio.insert(index);
            check_siblings(context, index, diff);
        }
    }
    let system = &context.host.host.system;
    if to_vfio.is_empty() || system.iommu.groups > 0 {
        return;
    }
    let origin = to_vfio.iter().find_map(|index| origin(context, index));
    if system.iommu.unsafe_noiommu {
        let message = format!(
            "vf {to_vfio}: vfio works without IOMMU here (enable_unsafe_noiommu_mode): who opens a VF reaches all memory"
        );
        diff.findings.note(origin.as_ref(), message);
        return;
    }
    let fix =
        "enable it in firmware (VT-d, AMD-Vi) and boot with `intel_iommu=on iommu=pt` (AMD: `iommu=pt`)";
    diff.findings.problem(origin.as_ref(), format!("vf {to_vfio}: vfio needs the IOMMU, which is off"), fix);
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
    use vfctl_port::{Action, Op};

    use super::*;
    use crate::sample::{self, Sample};

    #[test]
    fn vfio_without_iommu_is_a_problem_and_a_note_where_vfio_may_do_without() {
        let findings = |noiommu: bool| {
            let mut host = sample::host();
            host["system"]["iommu"] = json!({"groups": 0, "kinds": [], "unsafeNoiommu": noiommu});
            let driver = DriverChoice::Named("vfio-pci".parse().expect("a driver"));
            sample::diff(host, Sample { driver: Some(driver), ..Sample::default() }).findings
        };
        let (off, on) = (findings(false), findings(true));
        assert_eq!((off.problems.len(), off.notes.len()), (1, 0));
        assert_eq!(off.problems[0].message, "vf 0: vfio needs the IOMMU, which is off");
        assert_eq!((on.problems.len(), on.notes.len()), (0, 1));
        assert!(on.notes[0].message.contains("enable_unsafe_noiommu_mode"), "{:?}", on.notes);
    }

    #[test]
    fn nothing_is_claimed_of_a_vf_in_another_namespace() {
        for driver in [DriverChoice::None, DriverChoice::Named("vfio-pci".parse().expect("a driver"))] {
            let mut host = sample::host();
            host["physicalFunctions"]["pci/0000:01:00.0"]["vfs"]["0"]["uses"] =
                json!([{"use": "namespace", "name": "pod"}]);
            let diff = sample::diff(host, Sample { driver: Some(driver), ..Sample::default() });
            assert_eq!((diff.steps, diff.goal, diff.findings.problems), (vec![], vec![], vec![]));
            assert_eq!(diff.findings.notes.len(), 1, "that is said");
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
            let diff =
                sample::diff(host, Sample { driver: Some(DriverChoice::Default), ..Sample::default() });
            let ops: Vec<&Op> = diff.steps.iter().flat_map(|s| &s.changes).map(|change| &change.op).collect();
            assert!(matches!(ops.first(), Some(Op { action: Action::UnbindDriver, .. })), "{ops:?}");
            assert_eq!(ops.iter().any(|op| op.action == Action::ProbeDriver), bound, "{ops:?}");
        }
    }
}
