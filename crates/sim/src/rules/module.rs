//! Kernel modules.

use vfctl_model::ModuleName;

use crate::perform::Stop;
use crate::world::SimWorld;

/// What a module brings with it.
const NEEDS: &[(&str, &[&str])] = &[("vfio_pci", &["irqbypass", "vfio", "vfio_pci_core"])];

/// Loads a module with what it needs.
pub(crate) fn load(world: &mut SimWorld, module: &ModuleName) -> Result<(), Stop> {
    let needs = NEEDS.iter().filter(|(name, _)| *name == module.as_str()).flat_map(|(_, needs)| needs.iter());
    let needed = needs.filter_map(|name| name.parse().ok());
    world.facts.system.modules.extend(needed.chain([module.clone()]));
    Ok(())
}
