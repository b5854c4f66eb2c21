//! Uses of a VF through its interfaces in this namespace, and through what stands on them.

use std::net::IpAddr;

use vfctl_model::{Cidr, InterfaceName, PciAddress};
use vfctl_port::{HostFacts, Use};

use super::namespaces::Namespaces;
use crate::netlink::{Link, Network};
use crate::roots::Roots;
use crate::sysfs::files::named;

/// Returns the uses of a VF through each interface that sysfs shows; one that netlink did not report may be
/// used in any way.
pub(crate) fn uses_of_interfaces(
    roots: &Roots,
    network: Option<&Network>,
    host: &HostFacts,
    namespaces: &Namespaces,
    vf: PciAddress,
) -> Vec<Use> {
    let names: Vec<InterfaceName> = named(&roots.function(vf).join("net"));
    let mut uses = Vec::new();
    for name in names {
        match network.and_then(|network| Some((network, network.link(&name)?))) {
            Some((network, link)) => uses.extend(uses_of(network, host, namespaces, link)),
            None => uses.push(Use::CouldNotLook { why: format!("its interface {name} could not be read") }),
        }
    }
    uses
}

fn uses_of(network: &Network, host: &HostFacts, namespaces: &Namespaces, link: &Link) -> Vec<Use> {
    let master = network.master(link);
    let stack: Vec<InterfaceName> = host.standing_on(&link.name);
    let is_listed = |upper: &InterfaceName| {
        *upper == link.name || master.as_ref().is_some_and(|master| master.name == *upper)
    };
    // A macvtap or a bridged VLAN carries traffic without any address of this machine.
    let uppers = stack.iter().filter(|upper| !is_listed(upper)).filter_map(|upper| {
        let kind = host.links.get(upper)?.kind.clone();
        Some(Use::StandsOn { upper: upper.clone(), kind, namespace: None })
    });
    let port = master.clone().map(|master| Use::Port { master });
    let mut uses: Vec<Use> = port.into_iter().chain(uppers).collect();
    let links: Vec<_> = stack.iter().filter_map(|name| network.link(name)).collect();
    let elsewhere = links.iter().flat_map(|link| namespaces.standing_on(link.index));
    uses.extend(elsewhere.map(|upper| Use::StandsOn {
        upper: upper.name.clone(),
        kind: upper.kind.clone(),
        namespace: Some(upper.namespace.clone()),
    }));
    // Each by the interface that has it, which may be a bridge over the VF's own.
    let addressed = links.iter().find_map(|upper| {
        let address = network.addresses(upper).into_iter().find(|address| !is_automatic(address))?;
        let interface = (upper.name != link.name).then(|| upper.name.clone());
        Some(Use::Addressed { interface, address: address.to_string() })
    });
    uses.extend(addressed);
    let routed = links.iter().find(|upper| network.has_default_route(upper));
    uses.extend(routed.map(|upper| Use::DefaultRoute { interface: upper.name.clone() }));
    let ssh = host.system.ssh_interface.as_ref().filter(|ssh| stack.contains(ssh));
    uses.extend(ssh.map(|interface| Use::Ssh { interface: interface.clone() }));
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
#[path = "interface_tests.rs"]
mod tests;
