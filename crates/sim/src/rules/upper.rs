//! What stands on interfaces: bonds, bridges, addresses, routes, namespaces.

use vfctl_model::{Cidr, DeviceAddress, InterfaceName, VfIndex};
use vfctl_port::{HostFacts, LinkFacts, Master, Use, VfFacts};

use super::binding;
use crate::errno::Errno;
use crate::perform::Stop;
use crate::world::{SimWorld, is_elsewhere};

/// Makes a bond or bridge with these ports.
pub(crate) fn enslave(
    world: &mut SimWorld,
    name: &InterfaceName,
    kind: &str,
    ports: &[InterfaceName],
) -> Result<(), Stop> {
    let host = &mut world.facts;
    if host.links.contains_key(name) {
        return Err(Errno::EEXIST.into());
    }
    let master = Master { name: name.clone(), kind: kind.to_owned() };
    for port in ports {
        match find(host, port).ok_or(Errno::ENODEV)? {
            Place::Pf(pf) => {
                if let Some(netdev) = host.physical_functions.get_mut(&pf).and_then(|pf| pf.netdev.as_mut()) {
                    if netdev.master.is_some() {
                        return Err(Errno::EBUSY.into());
                    }
                    netdev.master = Some(master.clone());
                    netdev.up = true;
                }
            }
            Place::Vf(pf, vf) => add_use(host, &pf, vf, Use::Port { master: master.clone() }),
            Place::Link => {
                if let Some(link) = host.links.get_mut(port) {
                    link.master = Some(name.clone());
                }
            }
        }
    }
    let lower = ports.iter().cloned().collect();
    let link = LinkFacts {
        kind: kind.to_owned(),
        lower,
        master: None,
        addresses: Default::default(),
        default_route: false,
    };
    host.links.insert(name.clone(), link);
    Ok(())
}

/// Takes a bond or bridge away.
pub(crate) fn dissolve(world: &mut SimWorld, name: &InterfaceName) -> Result<(), Stop> {
    let host = &mut world.facts;
    host.links.remove(name).ok_or(Errno::ENODEV)?;
    leave(world, name);
    let host = &mut world.facts;
    for pf in host.physical_functions.values_mut() {
        if let Some(netdev) = &mut pf.netdev {
            netdev.master.take_if(|master| master.name == *name);
        }
        for vf in pf.vfs.values_mut() {
            vf.uses.retain(|one| !matches!(one, Use::Port { master } if master.name == *name));
        }
    }
    for link in host.links.values_mut() {
        link.master.take_if(|master| master == name);
    }
    Ok(())
}

/// Takes an interface that is no more out of all that stood on it.
pub(crate) fn leave(world: &mut SimWorld, gone: &InterfaceName) {
    for link in world.facts.links.values_mut() {
        link.lower.remove(gone);
    }
}

/// Gives an interface an IP address.
pub(crate) fn add_address(world: &mut SimWorld, name: &InterfaceName, address: Cidr) -> Result<(), Stop> {
    let host = &mut world.facts;
    match find(host, name).ok_or(Errno::ENODEV)? {
        Place::Pf(pf) => {
            if let Some(netdev) = host.physical_functions.get_mut(&pf).and_then(|pf| pf.netdev.as_mut()) {
                netdev.addresses.insert(address);
            }
        }
        Place::Vf(pf, vf) => add_use(host, &pf, vf, Use::Addressed { address: address.to_string() }),
        Place::Link => {
            if let Some(link) = host.links.get_mut(name) {
                link.addresses.insert(address);
            }
        }
    }
    Ok(())
}

/// Leads the default route through an interface.
pub(crate) fn add_default_route(world: &mut SimWorld, name: &InterfaceName) -> Result<(), Stop> {
    let host = &mut world.facts;
    match find(host, name).ok_or(Errno::ENODEV)? {
        Place::Pf(pf) => {
            if let Some(netdev) = host.physical_functions.get_mut(&pf).and_then(|pf| pf.netdev.as_mut()) {
                netdev.default_route = true;
            }
        }
        Place::Vf(pf, vf) => add_use(host, &pf, vf, Use::DefaultRoute { interface: name.clone() }),
        Place::Link => {
            if let Some(link) = host.links.get_mut(name) {
                link.default_route = true;
            }
        }
    }
    Ok(())
}

/// Leads the SSH connection that vfctl is started from through an interface.
pub(crate) fn ssh(world: &mut SimWorld, name: &InterfaceName) -> Result<(), Stop> {
    let host = &mut world.facts;
    if let Place::Vf(pf, vf) = find(host, name).ok_or(Errno::ENODEV)? {
        add_use(host, &pf, vf, Use::Ssh { interface: name.clone() });
    }
    host.system.ssh_interface = Some(name.clone());
    Ok(())
}

/// Moves a VF's interface to another network namespace; what it had here it leaves.
pub(crate) fn move_away(
    world: &mut SimWorld,
    pf: &DeviceAddress,
    vf: VfIndex,
    namespace: &str,
) -> Result<(), Stop> {
    let (facts, _) = world.vf_mut(pf, vf)?;
    let name = facts.netdev.as_ref().filter(|_| !is_elsewhere(facts)).ok_or(Errno::ENODEV)?.name.clone();
    facts.uses = vec![Use::Namespace { name: namespace.to_owned() }];
    if let Some(netdev) = &mut facts.netdev {
        netdev.up = false;
    }
    leave(world, &name);
    Ok(())
}

/// Brings back every VF interface that is in this namespace.
pub(crate) fn bring_back(world: &mut SimWorld, namespace: &str) -> Result<(), Stop> {
    let is_there = |one: &Use| matches!(one, Use::Namespace { name } if name == namespace);
    let mut back = Vec::new();
    for (pf, facts) in &mut world.facts.physical_functions {
        for (index, vf) in &mut facts.vfs {
            if vf.uses.iter().any(is_there) {
                vf.uses.retain(|one| !is_there(one));
                back.push((pf.clone(), *index, vf.driver.clone().filter(|_| vf.netdev.is_none())));
            }
        }
    }
    if back.is_empty() {
        return Err(Errno::ENOENT.into());
    }
    for (pf, vf, nameless) in back {
        // Facts that were recorded while it was away do not say its name.
        if let Some(driver) = nameless {
            let now = world.now;
            binding::take(world, &pf, vf, driver, now)?;
        }
    }
    Ok(())
}

/// Where an interface is found.
enum Place {
    Pf(DeviceAddress),
    Vf(DeviceAddress, VfIndex),
    Link,
}

fn find(host: &HostFacts, name: &InterfaceName) -> Option<Place> {
    if let Some((pf, _)) = host.pf_by_interface(name) {
        return Some(Place::Pf(pf.clone()));
    }
    if host.links.contains_key(name) {
        return Some(Place::Link);
    }
    host.physical_functions.iter().find_map(|(pf, facts)| {
        let has_it = |vf: &VfFacts| vf.netdev.as_ref().is_some_and(|n| n.name == *name) && !is_elsewhere(vf);
        facts.vfs.iter().find(|(_, vf)| has_it(vf)).map(|(index, _)| Place::Vf(pf.clone(), *index))
    })
}

fn add_use(host: &mut HostFacts, pf: &DeviceAddress, vf: VfIndex, one: Use) {
    if let Some(vf) = host.physical_functions.get_mut(pf).and_then(|pf| pf.vfs.get_mut(&vf)) {
        vf.uses.push(one);
        vf.uses.sort();
    }
}
