//! Kernel modules.

use std::time::Duration;

use vfctl_model::ModuleName;

use crate::drivers::vf_drivers;
use crate::errno::Errno;
use crate::perform::Stop;
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
    Ok(())
}
