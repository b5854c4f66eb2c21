//! IOMMU groups: of the machine, and of one device.

use std::collections::BTreeSet;

use vfctl_model::{PciAddress, PciClass};
use vfctl_port::{IommuFacts, IommuGroup};

use super::files::{link_name, named, names, text};
use crate::roots::Roots;

const GROUPS: &str = "/sys/kernel/iommu_groups";

/// Whether vfio takes devices without IOMMU (`vfio_noiommu`, drivers/vfio/vfio_main.c): `Y` or `N`.
const UNSAFE_NOIOMMU: &str = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode";

/// The name of a group that vfio makes for such a device (`vfio_noiommu_group_alloc`, drivers/vfio/group.c).
const NOIOMMU_GROUP: &str = "vfio-noiommu";

/// Reads how many groups there are and of which types, and whether vfio works without.
pub(crate) fn read_iommu(roots: &Roots) -> IommuFacts {
    let folder = roots.path(GROUPS);
    let mut groups = names(&folder).unwrap_or_default();
    groups.retain(|group| text(&folder.join(group).join("name")).ok().as_deref() != Some(NOIOMMU_GROUP));
    IommuFacts {
        groups: u32::try_from(groups.len()).unwrap_or(u32::MAX),
        kinds: groups.iter().filter_map(|group| text(&folder.join(group).join("type")).ok()).collect(),
        unsafe_noiommu: text(&roots.path(UNSAFE_NOIOMMU)).is_ok_and(|value| value == "Y"),
    }
}

/// Reads the group of a PCI function; `None` where the IOMMU is off.
pub(crate) fn read_group(roots: &Roots, address: PciAddress) -> Option<IommuGroup> {
    let number: u32 = link_name(&roots.function(address).join("iommu_group"))?;
    let folder = roots.path(GROUPS).join(number.to_string());
    let siblings: BTreeSet<PciAddress> = named(&folder.join("devices"))
        .into_iter()
        .filter(|sibling| *sibling != address && !is_bridge(roots, *sibling))
        .collect();
    Some(IommuGroup { number, kind: text(&folder.join("type")).ok(), siblings })
}

/// Returns whether a function is a bridge, which does not hinder a group from being given away: its driver
/// leaves the group's memory access alone (`driver_managed_dma`, drivers/pci/pcie/portdrv.c).
fn is_bridge(roots: &Roots, address: PciAddress) -> bool {
    let class = text(&roots.function(address).join("class")).ok();
    class.and_then(|class| class.parse::<PciClass>().ok()).is_some_and(|class| class.0 >> 16 == 0x06)
}
