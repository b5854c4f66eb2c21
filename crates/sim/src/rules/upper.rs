//! What stands on interfaces: bonds, bridges, addresses, routes, namespaces.

use vfctl_model::{Cidr, DeviceAddress, InterfaceName, VfIndex};
use vfctl_port::{HostFacts, LinkFacts, Master, PfNetdev, REPRESENTOR, Use, VfFacts, VfNetdev};

use super::{binding, link};
use crate::errno::Errno;
use crate::naming;
use crate::stop::Stop;
use crate::world::SimWorld;

/// Makes a bond or bridge with these ports. A bond sets its ports up and gives them the first one's MAC address
/// (`bond_enslave`, drivers/net/bonding/bond_main.c).
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
    let places =
        ports.iter().map(|port| find(host, port)).collect::<Option<Vec<_>>>().ok_or(Errno::ENODEV)?;
    // A port of another bond or bridge leaves that first (`do_set_master`, net/core/rtnetlink.c).
    for link in host.links.values_mut() {
        link.lower.retain(|port| !ports.contains(port));
    }
    let is_bond = kind == "bond";
    let master = Master { name: name.clone(), kind: kind.to_owned() };
    let mut mac = None;
    let mut started = Vec::new();
    for place in places {
        match place {
            Place::Pf(pf) => {
                if let Some(netdev) = netdev_of(host, &pf) {
                    netdev.master = Some(master.clone());
                    if is_bond {
                        netdev.mac = *mac.get_or_insert(netdev.mac);
                        netdev.up = true;
                        started.push(pf);
                    }
                }
            }
            Place::Vf(pf, vf) => {
                if let Some(netdev) = vf_netdev_of(host, &pf, vf).filter(|_| is_bond) {
                    netdev.mac = *mac.get_or_insert(netdev.mac);
                    netdev.up = true;
                }
                if let Some(vf) = host.physical_functions.get_mut(&pf).and_then(|pf| pf.vfs.get_mut(&vf)) {
                    vf.uses.retain(|one| !matches!(one, Use::Port { .. }));
                }
                add_use(host, &pf, vf, Use::Port { master: master.clone() });
            }
            Place::Link(port) => {
                if let Some(link) = host.links.get_mut(&port) {
                    link.master = Some(name.clone());
                }
            }
            Place::Representor => {}
        }
    }
    let link = LinkFacts {
        kind: kind.to_owned(),
        lower: ports.iter().cloned().collect(),
        master: None,
        addresses: Default::default(),
        default_route: false,
    };
    host.links.insert(name.clone(), link);
    started.iter().try_for_each(|pf| link::flap(world, pf))
}

/// Takes a bond or bridge away. A bond's ports are down then and have their own MAC address back
/// (`__bond_release_one`).
pub(crate) fn dissolve(world: &mut SimWorld, name: &InterfaceName) -> Result<(), Stop> {
    let host = &mut world.facts;
    let link = host.links.remove(name).ok_or(Errno::ENODEV)?;
    let is_bond = link.kind == "bond";
    for upper in host.links.values_mut() {
        upper.lower.remove(name);
        upper.master.take_if(|master| master == name);
    }
    for pf in host.physical_functions.values_mut() {
        if let Some(netdev) = &mut pf.netdev
            && netdev.master.take_if(|master| master.name == *name).is_some()
            && is_bond
        {
            netdev.up = false;
            netdev.mac = netdev.permanent_mac.unwrap_or(netdev.mac);
        }
        for vf in pf.vfs.values_mut() {
            let is_port = |one: &Use| matches!(one, Use::Port { master } if master.name == *name);
            if let Some(netdev) = vf.netdev.as_mut().filter(|_| is_bond && vf.uses.iter().any(is_port)) {
                netdev.up = false;
            }
            vf.uses.retain(|one| !is_port(one));
        }
    }
    Ok(())
}

/// Takes an interface that is no more out of all that stood on it.
pub(crate) fn leave(world: &mut SimWorld, gone: &InterfaceName) {
    let links = &mut world.facts.links;
    links.retain(|name, link| name != gone || link.kind != REPRESENTOR);
    for link in links.values_mut() {
        link.lower.remove(gone);
    }
}

/// Gives an interface an IP address.
pub(crate) fn add_address(world: &mut SimWorld, name: &InterfaceName, address: Cidr) -> Result<(), Stop> {
    let host = &mut world.facts;
    match find(host, name).ok_or(Errno::ENODEV)? {
        Place::Pf(pf) => {
            if let Some(netdev) = netdev_of(host, &pf) {
                netdev.addresses.insert(address);
            }
        }
        Place::Vf(pf, vf) => {
            add_use(host, &pf, vf, Use::Addressed { interface: None, address: address.to_string() })
        }
        Place::Link(name) => {
            if let Some(link) = host.links.get_mut(&name) {
                link.addresses.insert(address);
            }
        }
        Place::Representor => {
            representor_facts(host, name).addresses.insert(address);
        }
    }
    Ok(())
}

/// Leads the default route through an interface, which must be up (`fib_check_nh`, net/ipv4/fib_semantics.c).
pub(crate) fn add_default_route(world: &mut SimWorld, name: &InterfaceName) -> Result<(), Stop> {
    let host = &mut world.facts;
    match find(host, name).ok_or(Errno::ENODEV)? {
        Place::Pf(pf) => {
            let netdev = netdev_of(host, &pf).filter(|netdev| netdev.up).ok_or(Errno::ENETDOWN)?;
            netdev.default_route = true;
        }
        Place::Vf(pf, vf) => {
            vf_netdev_of(host, &pf, vf).filter(|netdev| netdev.up).ok_or(Errno::ENETDOWN)?;
            add_use(host, &pf, vf, Use::DefaultRoute { interface: name.clone() });
        }
        Place::Link(name) => {
            if let Some(link) = host.links.get_mut(&name) {
                link.default_route = true;
            }
        }
        Place::Representor => representor_facts(host, name).default_route = true,
    }
    Ok(())
}

/// Returns the facts of a representor that carries something.
fn representor_facts<'h>(host: &'h mut HostFacts, name: &InterfaceName) -> &'h mut LinkFacts {
    host.links.entry(name.clone()).or_insert_with(|| LinkFacts {
        kind: REPRESENTOR.to_owned(),
        lower: Default::default(),
        master: None,
        addresses: Default::default(),
        default_route: false,
    })
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
    let name =
        facts.netdev.as_ref().filter(|_| !facts.is_in_other_namespace()).ok_or(Errno::ENODEV)?.name.clone();
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
    for (pf, facts) in &world.facts.physical_functions {
        let away = facts.vfs.iter().filter(|(_, vf)| vf.uses.iter().any(is_there));
        back.extend(away.map(|(index, _)| (pf.clone(), *index)));
    }
    if back.is_empty() {
        return Err(Errno::ENOENT.into());
    }
    for (pf, vf) in back {
        let (facts, _) = world.vf_mut(&pf, vf)?;
        match (facts.netdev.as_ref().map(|netdev| netdev.name.clone()), facts.driver.clone()) {
            (Some(name), _) => {
                let name = naming::after_return(&world.facts, &name);
                let (facts, _) = world.vf_mut(&pf, vf)?;
                facts.uses.retain(|one| !is_there(one));
                if let Some(netdev) = &mut facts.netdev {
                    netdev.name = name;
                }
            }
            // Facts that were recorded while it was away do not say its name.
            (None, driver) => {
                facts.uses.retain(|one| !is_there(one));
                if let Some(driver) = driver {
                    let now = world.now;
                    binding::take(world, &pf, vf, driver, now)?;
                }
            }
        }
    }
    Ok(())
}

/// Returns the VF whose interface in this namespace has that name.
pub(crate) fn vf_by_interface(host: &HostFacts, name: &InterfaceName) -> Option<(DeviceAddress, VfIndex)> {
    let has_it =
        |vf: &VfFacts| vf.netdev.as_ref().is_some_and(|n| n.name == *name) && !vf.is_in_other_namespace();
    host.physical_functions.iter().find_map(|(pf, facts)| {
        facts.vfs.iter().find(|(_, vf)| has_it(vf)).map(|(index, _)| (pf.clone(), *index))
    })
}

/// Where an interface is found.
enum Place {
    Pf(DeviceAddress),
    Vf(DeviceAddress, VfIndex),
    Link(InterfaceName),
    /// An interface that stands for a VF, of which nothing is kept but what stands on it.
    Representor,
}

fn find(host: &HostFacts, name: &InterfaceName) -> Option<Place> {
    let of_pf = || host.pf_by_interface(name).map(|(pf, _)| Place::Pf(pf.clone()));
    let of_vf = || vf_by_interface(host, name).map(|(pf, vf)| Place::Vf(pf, vf));
    let link = || host.links.contains_key(name).then(|| Place::Link(name.clone()));
    let vfs = || host.physical_functions.values().flat_map(|pf| pf.vfs.values());
    let representor = || vfs().any(|vf| vf.representor.as_ref() == Some(name)).then_some(Place::Representor);
    of_pf().or_else(of_vf).or_else(link).or_else(representor)
}

fn netdev_of<'h>(host: &'h mut HostFacts, pf: &DeviceAddress) -> Option<&'h mut PfNetdev> {
    host.physical_functions.get_mut(pf)?.netdev.as_mut()
}

fn vf_netdev_of<'h>(host: &'h mut HostFacts, pf: &DeviceAddress, vf: VfIndex) -> Option<&'h mut VfNetdev> {
    host.physical_functions.get_mut(pf)?.vfs.get_mut(&vf)?.netdev.as_mut()
}

fn add_use(host: &mut HostFacts, pf: &DeviceAddress, vf: VfIndex, one: Use) {
    if let Some(vf) = host.physical_functions.get_mut(pf).and_then(|pf| pf.vfs.get_mut(&vf)) {
        vf.uses.push(one);
        vf.uses.sort();
    }
}
