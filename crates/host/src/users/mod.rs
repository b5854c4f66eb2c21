//! Who uses a VF.
//!
//! What is asked of the whole machine (other namespaces, open files) is asked once, and only where some VF
//! makes it necessary. "Could not look" is an answer of its own.

mod namespaces;
mod ssh;
mod vfio;

use std::collections::BTreeSet;
use std::net::IpAddr;

use vfctl_model::{Cidr, InterfaceName, PciAddress};
use vfctl_port::{HostFacts, Use, VfFacts};

use crate::netlink::Network;
use crate::processes::Process;
use crate::roots::Roots;
use crate::sysfs::vf::lives_elsewhere;

use namespaces::Namespaces;
pub(crate) use ssh::local_address;
use vfio::VfioUsers;
pub(crate) use vfio::vfio_holders;

/// Adds to each VF of the host who uses it.
pub(crate) fn find_users(roots: &Roots, network: &Network, processes: &[Process], host: &mut HostFacts) {
    let vfs = || host.physical_functions.values().flat_map(|pf| pf.vfs.values());
    let away: BTreeSet<PciAddress> =
        vfs().filter_map(|vf| vf.pci).filter(|vf| lives_elsewhere(&roots.function(*vf))).collect();
    let namespaces = (!away.is_empty()).then(|| Namespaces::search(roots, processes));
    let vfio = vfs().any(may_be_open).then(|| VfioUsers::search(roots, processes));
    let mut found = Vec::new();
    for (pf, facts) in &host.physical_functions {
        for (index, vf) in &facts.vfs {
            let mut uses = Vec::new();
            if let (Some(namespaces), Some(address)) = (&namespaces, vf.pci.filter(|vf| away.contains(vf))) {
                uses.push(namespaces.use_of(address, vf));
            }
            if let (Some(vfio), Some(address)) = (&vfio, vf.pci.filter(|_| may_be_open(vf))) {
                uses.extend(vfio.uses_of(roots, address, vf));
            }
            uses.extend(uses_of_interface(network, host, vf));
            found.push((pf.clone(), *index, uses));
        }
    }
    for (pf, index, uses) in found {
        if let Some(vf) = host.physical_functions.get_mut(&pf).and_then(|pf| pf.vfs.get_mut(&index)) {
            vf.uses = uses;
        }
    }
}

/// Returns whether a VF may be open through vfio. One without driver may be, too: while an unbind waits for
/// its user, the kernel shows no driver any more (`driver_sysfs_remove`, drivers/base/dd.c).
fn may_be_open(vf: &VfFacts) -> bool {
    vf.pci.is_some() && vf.driver.as_ref().is_none_or(vfctl_model::DriverName::is_vfio)
}

/// Returns the uses of a VF through its interface in this namespace, and through what stands on that.
fn uses_of_interface(network: &Network, host: &HostFacts, vf: &VfFacts) -> Vec<Use> {
    let Some(netdev) = &vf.netdev else { return Vec::new() };
    let mut uses = Vec::new();
    uses.extend(
        network.link(&netdev.name).and_then(|link| network.master(link)).map(|master| Use::Port { master }),
    );
    let stack: Vec<InterfaceName> = host.standing_on(&netdev.name);
    let links: Vec<_> = stack.iter().filter_map(|name| network.link(name)).collect();
    let address =
        links.iter().flat_map(|link| network.addresses(link)).find(|address| !is_automatic(address));
    uses.extend(address.map(|address| Use::Addressed { address: address.to_string() }));
    if links.iter().any(|link| network.has_default_route(link)) {
        uses.push(Use::DefaultRoute { interface: netdev.name.clone() });
    }
    if host.system.ssh_interface.as_ref().is_some_and(|ssh| stack.contains(ssh)) {
        uses.push(Use::Ssh { interface: netdev.name.clone() });
    }
    uses
}

/// Returns whether the kernel gives such an address to every interface that is up (RFC 4291, 2.5.6).
fn is_automatic(address: &Cidr) -> bool {
    match address.address() {
        IpAddr::V4(_) => false,
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod users_tests;
