//! What a driver takes as soon as its module is loaded: every VF that it is for, that has no driver, and whose port
//! lets the kernel choose (`driver_attach`, drivers/base/dd.c; `pci_device_can_probe`, drivers/pci/pci-driver.c).

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{DeviceAddress, DriverName, ModuleName, Toggle, VfIndex, VfSet};
use vfctl_port::{HostFacts, Op, PfFacts};

use crate::desired::{DesiredPf, Wanted};
use crate::finding::Findings;
use crate::pf::wanted_count;
use crate::step::Step;
use crate::vf::DriverSpec;

/// Tells which VFs get a driver by the modules that these steps load though nobody asks for it, and reports those for
/// which the spec asks for another.
pub fn tell_of_taken(
    host: &HostFacts,
    steps: &[Step],
    desired: &BTreeMap<DeviceAddress, DesiredPf>,
    findings: &mut Findings,
) {
    let loaded: BTreeSet<&ModuleName> = steps
        .iter()
        .flat_map(|step| &step.changes)
        .filter_map(|change| match &change.op {
            Op::LoadModule { module } => Some(module),
            _ => None,
        })
        .collect();
    for (address, facts) in &host.physical_functions {
        let Some(driver) = &facts.vf_default_driver else { continue };
        let module = driver.module();
        let pf = desired.get(address);
        if loaded.contains(&module) && !is_remade(facts, pf) {
            tell_of_port(address, facts, pf, driver, &module, findings);
        }
    }
}

fn tell_of_port(
    address: &DeviceAddress,
    facts: &PfFacts,
    pf: Option<&DesiredPf>,
    driver: &DriverName,
    module: &ModuleName,
    findings: &mut Findings,
) {
    let (mut unasked, mut wronged) = (VfSet::default(), VfSet::default());
    let mut origin = None;
    for index in takeable(facts) {
        match pf.and_then(|pf| pf.vfs.get(&index)).and_then(|vf| vf.driver.as_ref()) {
            None => unasked.insert(index),
            Some(Wanted { value: DriverSpec::Default, .. }) => {}
            Some(Wanted { value: DriverSpec::Named(named), .. }) if named == driver => {}
            Some(Wanted { value: DriverSpec::Named(_) | DriverSpec::None, origin: place }) => {
                origin.get_or_insert_with(|| place.clone());
                wronged.insert(index);
            }
        }
    }
    let port = facts.netdev.as_ref().map_or_else(|| address.to_string(), |netdev| netdev.name.to_string());
    if !unasked.is_empty() {
        findings.note(None, format!("loading module {module} also gives {driver} to vf {unasked} of {port}"));
    }
    if !wronged.is_empty() {
        let message = format!(
            "loading module {module} would give {driver} to vf {wronged} of {port}, which are to have another driver \
             or none"
        );
        let fix = format!("`modprobe {module}` first, then plan again");
        findings.problem(origin.as_deref(), message, fix);
    }
}

/// Returns the VFs that a driver takes when it comes.
fn takeable(facts: &PfFacts) -> impl Iterator<Item = VfIndex> {
    let lets = facts.drivers_autoprobe == Some(Toggle::On);
    let free = facts.vfs.iter().filter(|(_, vf)| vf.driver.is_none() && vf.driver_override.is_none());
    free.map(|(index, _)| *index).filter(move |_| lets)
}

/// Returns whether the PF's VFs are all made anew, or go.
fn is_remade(facts: &PfFacts, pf: Option<&DesiredPf>) -> bool {
    pf.and_then(|pf| wanted_count(facts, pf)).is_some_and(|count| count != facts.vf_count)
}
