//! Puts together who uses each VF of the host, and its ports.

use std::collections::BTreeSet;

use vfctl_model::{DriverName, InterfaceName, PciAddress, Reading};
use vfctl_port::{HostFacts, PfFacts, Use, VfFacts};

use super::cni::cni_holders;
use super::interface::uses_of_interfaces;
use super::kubelet::{Allocations, allocations};
use super::namespaces::Namespaces;
use super::open_files::{OpenFiles, has_device_files};
use crate::netlink::Network;
use crate::processes::Processes;
use crate::roots::Roots;
use crate::sysfs::vf::lives_elsewhere;

/// Adds to each VF of the host who uses it. `network` is `None` where no interface could be read.
pub(crate) fn find_users(
    roots: &Roots,
    network: Option<&Network>,
    processes: &Processes,
    namespaces: &Namespaces,
    host: &mut HostFacts,
) {
    let vfs = || host.physical_functions.values().flat_map(|pf| pf.vfs.values());
    let away: BTreeSet<PciAddress> =
        vfs().filter_map(|vf| vf.pci).filter(|vf| lives_elsewhere(&roots.function(*vf))).collect();
    let openable: BTreeSet<PciAddress> =
        vfs().filter_map(|vf| vf.pci.filter(|address| may_be_open(roots, *address, vf))).collect();
    let unseen = namespaces.unread().iter().filter(|why| !processes.hidden.contains(why)).cloned();
    let drives_in_user_space = |pf: &PfFacts| pf.driver.as_ref().is_some_and(DriverName::is_vfio);
    let ports_too = host.physical_functions.values().any(drives_in_user_space);
    let open = (ports_too || !openable.is_empty()).then(|| OpenFiles::search(roots, processes));
    let of_cni = if vfs().next().is_some() { cni_holders(roots) } else { Default::default() };
    let nothing = Reading::Known(Allocations::default());
    let of_kubelet = if vfs().next().is_some() { allocations(roots) } else { nothing };
    let mut found: Vec<Vec<Use>> = Vec::new();
    for vf in vfs() {
        let mut uses = Vec::new();
        if let Some(address) = vf.pci {
            if away.contains(&address) {
                uses.push(namespaces.use_of(address, vf));
            }
            match of_cni.get(&address) {
                Some(holder) => uses.push(Use::Cni { holder: holder.clone() }),
                None => uses.extend(allocated(&of_kubelet, address)),
            }
            if let Some(open) = open.as_ref().filter(|_| openable.contains(&address)) {
                uses.extend(open.uses_of(roots, address, vf));
            }
            uses.extend(uses_of_interfaces(roots, network, host, namespaces, address));
        }
        found.push(uses);
    }
    host.unread.extend(unseen);
    let vfs = host.physical_functions.values_mut().flat_map(|pf| pf.vfs.values_mut());
    for (vf, uses) in vfs.zip(found) {
        vf.uses = uses;
        if let (Reading::Known(known), Some(address)) = (&of_kubelet, vf.pci) {
            vf.offered_as = known.offered.get(&address).cloned();
        }
    }
    for (device, pf) in &mut host.physical_functions {
        if let (Some(open), Some(address), true) = (&open, device.pci(), drives_in_user_space(pf)) {
            let group = pf.iommu_group.as_ref().map(|group| group.number.to_string());
            pf.openers = open.vfio_holders(roots, address, group.as_deref()).into_iter().collect();
        }
    }
    let netdevs = || host.physical_functions.values().filter_map(|pf| pf.netdev.as_ref());
    let uppers: Vec<BTreeSet<String>> =
        netdevs().map(|netdev| uppers_elsewhere(network, host, namespaces, &netdev.name)).collect();
    let netdevs = host.physical_functions.values_mut().filter_map(|pf| pf.netdev.as_mut());
    for (netdev, uppers) in netdevs.zip(uppers) {
        netdev.uppers_elsewhere = uppers;
    }
}

/// Returns the pod that a VF is allocated to, or that this could not be read.
fn allocated(of_kubelet: &Reading<Allocations>, vf: PciAddress) -> Option<Use> {
    match of_kubelet {
        Reading::Known(Allocations { pods, offered: _ }) => {
            pods.get(&vf).map(|pod| Use::Pod { pod: pod.clone() })
        }
        Reading::Unreadable(why) => Some(Use::CouldNotLook { why: why.clone() }),
        Reading::Unsupported => None,
    }
}

/// Returns what stands on a PF's interface, or on what stands on it here, in other namespaces.
fn uppers_elsewhere(
    network: Option<&Network>,
    host: &HostFacts,
    namespaces: &Namespaces,
    name: &InterfaceName,
) -> BTreeSet<String> {
    let stack = host.standing_on(name);
    let links = stack.iter().filter_map(|name| network?.link(name));
    let uppers = links.flat_map(|link| namespaces.standing_on(link.index));
    uppers
        .map(|upper| format!("{} {} in network namespace {}", upper.kind, upper.name, upper.namespace))
        .collect()
}

/// Returns whether processes may have a VF's device files open. One without driver may be open through vfio:
/// while an unbind waits for its user, the kernel shows no driver any more (`driver_sysfs_remove`,
/// drivers/base/dd.c).
fn may_be_open(roots: &Roots, address: PciAddress, vf: &VfFacts) -> bool {
    vf.driver.as_ref().is_none_or(DriverName::is_vfio) || has_device_files(roots, address)
}
