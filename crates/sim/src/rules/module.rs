//! Kernel modules.

use std::time::Duration;

use vfctl_model::{ModuleName, Toggle};

use crate::drivers::vf_drivers;
use crate::errno::Errno;
use crate::rules::binding;
use crate::stop::Stop;
use crate::world::SimWorld;

/// What a module brings with it.
const NEEDS: &[(&str, &[&str])] = &[("vfio_pci", &["irqbypass", "vfio", "vfio_pci_core"])];

/// Modules that the simulated kernel has besides those of VF drivers.
const OTHERS: &[&str] = &["8021q", "bonding", "br_netfilter", "dummy", "netdevsim", "veth", "vfio_pci"];

/// How long it takes.
const LOADING: Duration = Duration::from_secs(2);

/// Loads a module with what it needs.
///
/// # Errors
/// Where the simulated kernel has no such module.
pub(crate) fn load(world: &mut SimWorld, module: &ModuleName) -> Result<(), Stop> {
    let known =
        OTHERS.iter().copied().chain(vf_drivers()).any(|name| name.replace('-', "_") == module.as_str());
    if !known && !world.facts.system.modules.contains(module) {
        return Err(Stop::Refused(Errno::ENOENT));
    }
    let needs = NEEDS.iter().filter(|(name, _)| *name == module.as_str()).flat_map(|(_, needs)| needs.iter());
    let needed = needs.filter_map(|name| name.parse().ok());
    world.facts.system.modules.extend(needed.chain([module.clone()]));
    world.now = world.now.saturating_add(LOADING);
    take_what_is_free(world, module)
}

/// Lets the module's driver take every VF that it is for and that no other has (`driver_attach`, drivers/base/dd.c).
fn take_what_is_free(world: &mut SimWorld, module: &ModuleName) -> Result<(), Stop> {
    let mut free = Vec::new();
    for (pf, facts) in &world.facts.physical_functions {
        let driver = facts.vf_default_driver.as_ref().filter(|driver| driver.module() == *module);
        let (_, _, row) = world.pf(pf)?;
        let may_take = facts.drivers_autoprobe() == Some(Toggle::On) && row.vf_driver_takes;
        if let Some(driver) = driver.filter(|_| may_take) {
            let unheld =
                facts.vfs.iter().filter(|(_, vf)| vf.driver.is_none() && vf.driver_override.is_none());
            free.extend(unheld.map(|(vf, _)| (pf.clone(), *vf, driver.clone())));
        }
    }
    for (pf, vf, driver) in free {
        let from = world.now;
        binding::take(world, &pf, vf, driver, from)?;
    }
    Ok(())
}
