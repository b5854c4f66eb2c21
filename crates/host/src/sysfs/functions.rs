//! PCI functions that a device plugin may offer, though they have no SR-IOV, and the RDMA devices of functions of any kind.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{DeviceAddress, InterfaceName, PciAddress, PciClass};
use vfctl_port::{FunctionFacts, PciFunctions, PfFacts};

use super::files::{link_name, named, names, text, value};
use crate::netlink::Network;
use crate::roots::Roots;

/// The PCI base classes of network controllers and of processing accelerators.
const BASE_CLASSES: [u32; 2] = [0x02, 0x12];

/// Reads the functions that neither can have VFs nor are VFs, in one pass over the bus; those of `pfs` are known and not looked
/// at again.
pub(crate) fn read_functions(
    roots: &Roots,
    network: &Network,
    pfs: &BTreeMap<DeviceAddress, PfFacts>,
    unread: &mut Vec<String>,
) -> PciFunctions {
    let vfs = pfs.values().flat_map(|pf| pf.vfs.values().filter_map(|vf| vf.pci));
    let known: BTreeSet<PciAddress> = pfs.keys().filter_map(DeviceAddress::pci).chain(vfs).collect();
    let all: Vec<PciAddress> = named(&roots.path("/sys/bus/pci/devices"));
    let others = all.into_iter().filter(|address| !known.contains(address));
    let others = others.filter_map(|address| Some((address, read_function(roots, address, unread)?)));
    PciFunctions {
        others: others.collect(),
        ipv4_default_routes: network.ipv4_default_routes(),
        rdma_devices: read_rdma_devices(roots),
    }
}

/// Reads a function; `None` for one of another class, and for one that has SR-IOV and was left out of this look.
fn read_function(roots: &Roots, address: PciAddress, unread: &mut Vec<String>) -> Option<FunctionFacts> {
    let folder = roots.function(address);
    let class: Option<PciClass> = value(&folder.join("class"), unread);
    if !class.is_some_and(|PciClass(code)| BASE_CLASSES.contains(&(code >> 16))) {
        return None;
    }
    if folder.join("physfn").is_symlink() || folder.join("sriov_totalvfs").exists() {
        return None;
    }
    let interfaces = folder.join("net");
    let interface: Option<InterfaceName> = named(&interfaces).into_iter().next();
    let link_type = interface.as_ref().and_then(|name| {
        let number = text(&interfaces.join(name.as_str()).join("type")).ok()?;
        link_type(&number).map(str::to_owned)
    });
    Some(FunctionFacts {
        class,
        vendor: value(&folder.join("vendor"), unread),
        device: value(&folder.join("device"), unread),
        driver: link_name(&folder.join("driver")),
        interface,
        link_type,
    })
}

/// Returns the word of a link type (`ARPHRD_*`, include/uapi/linux/if_arp.h).
fn link_type(number: &str) -> Option<&'static str> {
    match number {
        "1" => Some("ether"),
        "32" => Some("infiniband"),
        _ => None,
    }
}

/// Returns the RDMA devices by the function that each is of.
fn read_rdma_devices(roots: &Roots) -> BTreeMap<PciAddress, BTreeSet<String>> {
    let folder = roots.path("/sys/class/infiniband");
    let mut devices: BTreeMap<PciAddress, BTreeSet<String>> = BTreeMap::new();
    for name in names(&folder).unwrap_or_default() {
        if let Some(function) = link_name(&folder.join(&name).join("device")) {
            devices.entry(function).or_default().insert(name);
        }
    }
    devices
}
