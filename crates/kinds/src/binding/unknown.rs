//! Drivers that the kernel neither has nor could load: misspelt, called as their module, or not installed.

use std::collections::BTreeSet;

use vfctl_model::{DriverName, ModuleName};
use vfctl_port::SystemFacts;

use super::spec::DriverChoice;
use crate::context::{PfContext, PfDiff};
use crate::suggest::did_you_mean;

/// Reports drivers that VFs are to have and that nobody has, before anything is written.
pub(super) fn check(context: &PfContext<'_>, diff: &mut PfDiff) {
    let system = &context.host.host.system;
    let named = context.wanted_vfs().filter_map(|(_, vf)| vf.driver.as_ref());
    let mut seen = BTreeSet::new();
    for wanted in named {
        let DriverChoice::Named(driver) = &wanted.value else { continue };
        if !seen.insert(driver) {
            continue;
        }
        if let Some((message, fix)) = wrong_name(driver, system) {
            diff.findings.problem(Some(&wanted.origin), message, fix);
        }
    }
}

/// Returns what is wrong with a driver's name, and what to do; `None` where the kernel has it, could load it, or nobody knows.
fn wrong_name(driver: &DriverName, system: &SystemFacts) -> Option<(String, String)> {
    let module = driver.module();
    if system.drivers.contains(driver) || system.modules.contains(&module) {
        // A loaded module that registers no such driver is told elsewhere.
        return None;
    }
    if let Some(other) = driver.registered_by_module() {
        let message = format!("no driver is called {driver}: module {module} registers {other}");
        return Some((message, format!("write `driver: {other}`")));
    }
    let loadable = system.loadable.as_ref().filter(|loadable| !loadable.contains(&module))?;
    let message = format!(
        "no driver {driver}: it is not registered on the PCI bus, and kernel {} has no module {module}",
        system.kernel
    );
    let registered = system.drivers.iter().map(DriverName::as_str);
    let names: Vec<&str> = registered.chain(loadable.iter().map(ModuleName::as_str)).collect();
    let meant = did_you_mean(driver.as_str(), &names).map(|name| match name.parse::<DriverName>() {
        Ok(driver) => driver.registered_by_module().unwrap_or(driver).to_string(),
        Err(_) => name.to_owned(),
    });
    let fix = match meant {
        Some(name) => format!("did you mean `driver: {name}`?"),
        None => "install its module for this kernel, or write `driver: default`".to_owned(),
    };
    Some((message, fix))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{self, Sample};

    #[test]
    fn driver_that_nobody_has_is_a_problem_with_the_nearest_name() {
        let known = json!("igbvf mlx5_vfio_pci uio_pci_generic vfio_pci");
        for (driver, loadable, problem, fix) in [
            ("vfio-pci", known.clone(), None, None),
            ("uio_pci_generic", known.clone(), None, None),
            ("ixgbevf", known.clone(), None, None),
            // The module is called otherwise.
            ("c6xxvf", json!("igbvf qat_c62xvf"), None, None),
            ("unheard_of", json!(null), None, None),
            (
                "vfio_pci",
                json!(null),
                Some("module vfio_pci registers vfio-pci"),
                Some("write `driver: vfio-pci`"),
            ),
            ("igbfv", known.clone(), Some("no module igbfv"), Some("did you mean `driver: igbvf`?")),
            ("vfio-pic", known.clone(), Some("no module vfio_pic"), Some("did you mean `driver: vfio-pci`?")),
            ("unheard_of", known.clone(), Some("no module unheard_of"), Some("install its module")),
        ] {
            let mut host = sample::host();
            host["system"]["iommu"] = json!({"groups": 1, "kinds": ["DMA"]});
            host["system"]["drivers"] = json!(["ixgbevf"]);
            host["system"]["modules"] = json!([]);
            if !loadable.is_null() {
                host["system"]["loadable"] = loadable;
            }
            let wanted = DriverChoice::Named(driver.parse().expect("a driver"));
            let found = sample::diff(host, Sample { driver: Some(wanted), ..Sample::default() }).findings;
            let told = found.problems.iter().find(|found| found.message.contains("no driver"));
            let has = |text: Option<&str>, part: Option<&str>| match (text, part) {
                (Some(text), Some(part)) => text.contains(part),
                (None, None) => true,
                _ => false,
            };
            assert!(has(told.map(|told| told.message.as_str()), problem), "{driver}: {told:?}");
            assert!(has(told.and_then(|told| told.help.as_deref()), fix), "{driver}: {told:?}");
        }
    }
}
