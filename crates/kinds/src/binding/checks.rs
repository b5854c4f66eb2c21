//! What is wrong with, or good to know of, the drivers that VFs are to have, before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{DeviceAddress, DriverName, PciAddress, VfAttribute, VfIndex, VfSet};

use super::diff::origin;
use super::fate::{default_driver, may_have_default};
use super::spec::DriverChoice;
use super::unknown;
use crate::context::{PfContext, PfDiff};
use crate::fate::DriverFate;
use crate::finding::Finding;
use crate::setting::Setting;
use crate::vf;

/// Checks the drivers of all VFs.
pub(super) fn check(context: &PfContext<'_>, diff: &mut PfDiff) {
    check_vfio(context, diff);
    check_of_port(context, diff);
    check_registered(context, diff);
    unknown::check(context, diff);
    note_lockdown(context, diff);
    note_no_default(context, diff);
    note_deaf(context, diff);
}

/// Reports VFs that are to get the driver of their port, where that has another one for its VFs: `igb` meant as
/// `igbvf`. Some drivers warn with a stack trace about a VF (`igb_probe`, drivers/net/ethernet/intel/igb/igb_main.c).
fn check_of_port(context: &PfContext<'_>, diff: &mut PfDiff) {
    let (Some(of_port), Some(of_vfs)) = (&context.facts.driver, default_driver(context)) else { return };
    if of_port.is_for_user_space() {
        // It takes any device.
        return;
    }
    let wanted = context.wanted_vfs();
    let mistaken = wanted.filter_map(|(_, vf)| vf.driver.as_ref()).find(|wanted| {
        of_vfs != *of_port && matches!(&wanted.value, DriverChoice::Named(driver) if driver == of_port)
    });
    if let Some(wanted) = mistaken {
        let message = format!("{of_port} is the driver of the port; its VFs take {of_vfs}");
        let fix = format!("write `driver: {of_vfs}`, or `driver: default`");
        diff.findings.problem(Some(&wanted.origin), message, fix);
    }
}

/// Reports a driver that the kernel does not have: its module is loaded, or part of the kernel, and has registered no
/// driver of that name.
fn check_registered(context: &PfContext<'_>, diff: &mut PfDiff) {
    let system = &context.host.host.system;
    let named = context.wanted_vfs().filter_map(|(_, vf)| vf.driver.as_ref());
    let mut seen = BTreeSet::new();
    for wanted in named {
        let DriverChoice::Named(driver) = &wanted.value else { continue };
        let is_there = system.drivers.is_empty() || system.drivers.contains(driver);
        if is_there || !system.modules.contains(&driver.module()) || !seen.insert(driver) {
            continue;
        }
        let message = format!(
            "no driver {driver} is registered on the PCI bus, though a module {} is loaded",
            driver.module()
        );
        let fix = match (similar(driver, &system.drivers), default_driver(context)) {
            (Some(similar), _) => format!("write `driver: {similar}`"),
            (None, Some(default)) => format!("write `driver: {default}`, or `driver: default`"),
            (None, None) => "name a driver of /sys/bus/pci/drivers".to_owned(),
        };
        diff.findings.problem(Some(&wanted.origin), message, fix);
    }
}

/// Returns the registered driver that differs by `-` and `_` alone.
fn similar<'d>(driver: &DriverName, drivers: &'d BTreeSet<DriverName>) -> Option<&'d DriverName> {
    drivers.iter().find(|other| other.module() == driver.module())
}

/// Notes a module that is to be loaded into a kernel which takes only signed ones.
fn note_lockdown(context: &PfContext<'_>, diff: &mut PfDiff) {
    let system = &context.host.host.system;
    let Some(mode) = &system.lockdown else { return };
    let named = context.wanted_vfs().filter_map(|(_, vf)| vf.driver.as_ref());
    let mut outside = named.filter_map(|wanted| match &wanted.value {
        DriverChoice::Named(driver) if !system.modules.contains(&driver.module()) => Some((wanted, driver)),
        DriverChoice::Named(_) | DriverChoice::Default | DriverChoice::None => None,
    });
    if let Some((wanted, driver)) = outside.find(|(_, driver)| !driver.is_vfio()) {
        let message = format!(
            "the kernel is locked down ({mode}) and loads only modules that are signed with a key that it trusts: {} must be signed",
            driver.module()
        );
        diff.findings.notes.push(Finding {
            origin: Some(wanted.origin.clone()),
            message,
            details: Vec::new(),
            help: Some("sign the module, or use vfio-pci, which is signed with the kernel".to_owned()),
        });
    }
}

/// Notes VFs that meet a driver which will not hear of their MAC address, since the PF is down.
fn note_deaf(context: &PfContext<'_>, diff: &mut PfDiff) {
    if vf::pf_answers(context) {
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
                "vf {vfs}: their driver gets their MAC address only while the PF is up, and the PF is down: they use random addresses until their driver is bound again"
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
        let message = format!(
            "vf {vfs}: driver default: the kernel has no driver for them, or is not allowed to load it"
        );
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
        }
    }
    check_siblings(context, &to_vfio, diff);
    let system = &context.host.host.system;
    if to_vfio.is_empty() || system.iommu.groups > 0 {
        return;
    }
    let origin = to_vfio.iter().find_map(|index| origin(context, index));
    if system.iommu.unsafe_noiommu {
        let message = format!(
            "vf {to_vfio}: vfio works without IOMMU here (enable_unsafe_noiommu_mode): a program that opens a VF can access all memory"
        );
        diff.findings.note(origin.as_ref(), message);
        return;
    }
    let fix =
        "enable it in firmware (VT-d, AMD-Vi) and boot with `intel_iommu=on iommu=pt` (AMD: `iommu=pt`)";
    diff.findings.problem(origin.as_ref(), format!("vf {to_vfio}: vfio needs the IOMMU, which is off"), fix);
}

/// Reports VFs that share their IOMMU group with a port which the host drives, and notes those that share it with others:
/// user space gets all of a group or none (`vfio_group_viable`). New VFs are taken to come into the group of their port where
/// that has other devices in it.
fn check_siblings(context: &PfContext<'_>, to_vfio: &VfSet, diff: &mut PfDiff) {
    let mut held: BTreeMap<(u32, String), VfSet> = BTreeMap::new();
    for index in to_vfio.iter() {
        let present = context.kept_vf(index).map(|vf| vf.iommu_group.as_ref());
        let of_port = || context.facts.iommu_group.as_ref().filter(|group| !group.siblings.is_empty());
        let is_new = present.is_none();
        let Some(group) = present.unwrap_or_else(of_port) else { continue };
        let mut ports = group.siblings.clone();
        ports.extend(context.desired.address.pci().filter(|_| is_new));
        let ports: Vec<String> =
            ports.iter().filter_map(|address| driven_by_host(context, *address)).collect();
        if !ports.is_empty() {
            held.entry((group.number, ports.join(", "))).or_default().insert(index);
        } else if !group.siblings.is_empty() {
            let others = group.siblings.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            let message = format!(
                "vf {index}: shares IOMMU group {} with {others}; user space can open it only when none of them has a host driver",
                group.number
            );
            diff.findings.note(None, message);
        }
    }
    for ((number, ports), vfs) in held {
        let message = format!(
            "vf {vfs}: IOMMU group {number} has {ports} in it, too, which a driver of the host uses: user space cannot open the group"
        );
        let fix = "put the card into another slot, or use a machine whose PCIe bridges have ACS";
        let origin = vfs.iter().find_map(|index| origin(context, index));
        diff.findings.problem(origin.as_ref(), message, fix);
    }
}

/// Returns a port and its driver where that is one of the host's.
fn driven_by_host(context: &PfContext<'_>, address: PciAddress) -> Option<String> {
    let pf = context.host.host.physical_functions.get(&DeviceAddress::Pci(address))?;
    let driver = pf.driver.as_ref().filter(|driver| !driver.is_for_user_space())?;
    Some(format!("{address} ({driver})"))
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
