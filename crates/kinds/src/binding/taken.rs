//! What a driver takes as soon as its module is loaded: every VF that it is for, that has no driver, and whose port
//! lets the kernel choose (`driver_attach`, drivers/base/dd.c; `pci_device_can_probe`, drivers/pci/pci-driver.c).

use std::collections::BTreeSet;

use vfctl_model::{DeviceAddress, DriverName, ModuleName, Toggle, VfIndex, VfSet};
use vfctl_port::{Action, PfFacts, Target};

use super::spec::DriverChoice;
use crate::DesiredPf;
use crate::desired::Wanted;
use crate::finding::Findings;
use crate::lane::{HostContext, HostDraft};

/// Notes which VFs get a driver by the modules that the draft loads though nobody asks for it, and reports those for
/// which the spec asks for another.
pub(crate) fn report_taken_vfs(context: &HostContext<'_>, draft: &mut HostDraft) {
    let changes = draft.lanes.iter().flat_map(|lane| &lane.steps).flat_map(|step| &step.changes);
    let loaded: BTreeSet<ModuleName> = changes
        .filter_map(|change| match (&change.op.action, &change.op.target) {
            (Action::LoadModule, Target::Module(module)) => Some(module.clone()),
            _ => None,
        })
        .collect();
    for (address, facts) in &context.host.physical_functions {
        let Some(driver) = &facts.vf_default_driver else { continue };
        let module = driver.module();
        let pf = draft.pfs.get(address);
        if loaded.contains(&module) && !renews_vfs(facts, pf) {
            report_port(address, facts, pf, driver, &module, &mut draft.findings);
        }
    }
}

fn report_port(
    address: &DeviceAddress,
    facts: &PfFacts,
    pf: Option<&DesiredPf>,
    driver: &DriverName,
    module: &ModuleName,
    findings: &mut Findings,
) {
    let (mut unasked, mut misled) = (VfSet::default(), VfSet::default());
    let mut origin = None;
    for index in takeable(facts) {
        match pf.and_then(|pf| pf.vfs.get(&index)).and_then(|vf| vf.driver.as_ref()) {
            None => unasked.insert(index),
            Some(Wanted { value: DriverChoice::Default, .. }) => {}
            Some(Wanted { value: DriverChoice::Named(named), .. }) if named == driver => {}
            Some(Wanted { value: DriverChoice::Named(_) | DriverChoice::None, origin: place }) => {
                origin.get_or_insert_with(|| place.clone());
                misled.insert(index);
            }
        }
    }
    let port = facts.title(address);
    if !unasked.is_empty() {
        findings.note(None, format!("loading module {module} also binds {driver} to vf {unasked} of {port}"));
    }
    if !misled.is_empty() {
        let message = format!(
            "loading module {module} would also bind {driver} to vf {misled} of {port}, for which the spec names another driver or none"
        );
        let fix = format!("`modprobe {module}` first, then plan again");
        findings.problem(origin.as_ref(), message, fix);
    }
}

/// Returns the VFs that a driver takes when it comes.
fn takeable(facts: &PfFacts) -> impl Iterator<Item = VfIndex> {
    let lets = facts.drivers_autoprobe() == Some(Toggle::On);
    let free = facts.vfs.iter().filter(|(_, vf)| vf.driver.is_none() && vf.driver_override.is_none());
    free.map(|(index, _)| *index).filter(move |_| lets)
}

/// Returns whether the PF's VFs are all made anew, or go.
fn renews_vfs(facts: &PfFacts, pf: Option<&DesiredPf>) -> bool {
    pf.and_then(|pf| pf.count.as_ref()).is_some_and(|count| count.value.count != facts.vf_count)
}
