//! What sysfs and netlink say about one VF on the PCI bus.

use std::path::Path;

use vfctl_model::{InterfaceName, PciAddress};
use vfctl_port::{VfFacts, VfNetdev};

use super::files::{link_name, named};
use super::iommu::read_group;
use crate::netlink::Network;
use crate::roots::Roots;

/// Reads driver, group and interface of a VF into its facts. Its override is read elsewhere, since the reader
/// of that file may have to wait.
pub(crate) fn read_vf(roots: &Roots, network: &Network, address: PciAddress, facts: &mut VfFacts) {
    let folder = roots.function(address);
    facts.driver = link_name(&folder.join("driver"));
    facts.iommu_group = read_group(roots, address);
    let names: Vec<InterfaceName> = named(&folder.join("net"));
    facts.netdev = names.iter().filter_map(|name| network.link(name)).find_map(|link| {
        Some(VfNetdev {
            name: link.name.clone(),
            altnames: link.altnames.clone(),
            mac: link.mac?,
            mtu: link.mtu,
            up: link.up,
        })
    });
}

/// Returns whether a device has interfaces, all of them in other namespaces: the folder that holds a device's
/// interfaces is there as long as any is (`get_device_parent`, drivers/base/core.c), and shows only one's own.
pub(crate) fn lives_elsewhere(device: &Path) -> bool {
    let folder = device.join("net");
    folder.is_dir() && named::<InterfaceName>(&folder).is_empty()
}
