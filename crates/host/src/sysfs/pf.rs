//! PFs: which devices can have VFs, and what sysfs and netlink say about one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use vfctl_model::{
    AttributeMap, DeviceAddress, DriverName, InterfaceName, ModuleSet, PciAddress, PciId, RawReading,
    VfAttribute, VfIndex,
};
use vfctl_port::{PfFacts, PfNetdev, VfFacts};

use super::default_driver::{Aliases, expected_modalias, takes_what_it_is_given};
use super::files::{link_name, named, numbered, text, value};
use super::iommu::read_group;
use super::kept::read_kept;
use super::pci_names::PciNames;
use super::serial::read_serial;
use super::vf::{lives_elsewhere, read_vf};
use crate::errno::io_cause;
use crate::netlink::{Link, Network, VfList};
use crate::roots::Roots;

/// What netdevsim allows where debugfs does not say (`NSIM_BUS_DEV_MAX_VFS`, drivers/net/netdevsim/netdevsim.h).
const NETDEVSIM_MAX_VFS: u16 = 4;

/// Files of the host that are read once, for every PF and every look.
#[derive(Debug, Default)]
pub(crate) struct Catalogs {
    pub(crate) names: PciNames,
    pub(crate) aliases: Aliases,
    pub(crate) loadable: OnceLock<Option<ModuleSet>>,
}

/// Returns every device that can have VFs: PCI functions of any class, and netdevsim's.
///
/// # Errors
/// Where neither bus could be listed.
pub(crate) fn find_pfs(roots: &Roots) -> io::Result<Vec<DeviceAddress>> {
    let pci = roots.path("/sys/bus/pci/devices");
    let simulated = super::files::names(&roots.path("/sys/bus/netdevsim/devices")).unwrap_or_default();
    let addresses = match super::files::names(&pci) {
        // A machine without PCI bus can still have netdevsim.
        Err(error) if error.kind() == io::ErrorKind::NotFound && roots.path("/sys/bus").is_dir() => {
            Vec::new()
        }
        other => other?,
    };
    let can_have_vfs = |address: &PciAddress| roots.function(*address).join("sriov_totalvfs").exists();
    let pci =
        addresses.iter().filter_map(|name| name.parse().ok()).filter(can_have_vfs).map(DeviceAddress::Pci);
    let simulated = simulated.iter().filter_map(|name| numbered(name.as_ref(), "netdevsim"));
    Ok(pci.chain(simulated.map(DeviceAddress::Netdevsim)).collect())
}

/// Returns the names of a PF's interfaces and of its VFs' in this namespace, as sysfs has them now.
pub(crate) fn interfaces_of(roots: &Roots, pf: &DeviceAddress) -> Vec<InterfaceName> {
    let folder = roots.device(pf);
    let vfs = vf_links(&folder).into_values().flat_map(|vf| named(&roots.function(vf).join("net")));
    named(&folder.join("net")).into_iter().chain(vfs).collect()
}

/// Returns the addresses of a PF's VFs; none off the PCI bus.
pub(crate) fn vfs_of(roots: &Roots, pf: &DeviceAddress) -> Vec<PciAddress> {
    vf_links(&roots.device(pf)).into_values().collect()
}

/// Reads one PF and its VFs; `None` where the device is gone or cannot have VFs. Overrides and uses of VFs
/// are not looked at here.
pub(crate) fn read_pf(
    roots: &Roots,
    catalogs: &Catalogs,
    network: &Network,
    pf: &DeviceAddress,
    list: impl FnOnce(&Link) -> VfList,
) -> Option<PfFacts> {
    let folder = roots.device(pf);
    let mut unread = Vec::new();
    let ports = own_links(network, &named(&folder.join("net")));
    let link = ports.first().copied();
    let netdev = link.and_then(|link| {
        let facts = read_netdev(network, link);
        if facts.is_none() {
            unread.push(format!("interface {}: its address is not an Ethernet address", link.name));
        }
        facts
    });
    if lives_elsewhere(&folder) {
        unread.push("interface: it is in another network namespace".to_owned());
    }
    let mut facts = match pf {
        DeviceAddress::Pci(address) => read_pci(roots, catalogs, *address, &folder, &mut unread)?,
        DeviceAddress::Netdevsim(id) => read_netdevsim(roots, *id, &folder, &mut unread)?,
    };
    facts.netdev = netdev;
    facts.other_interfaces =
        ports.iter().skip(1).filter(|port| port.mac.is_some()).map(|port| port.name.clone()).collect();
    read_kept(&folder, &mut facts.properties, &mut unread);
    if let Some(link) = link {
        give_attributes(&mut facts.vfs, list(link), &mut unread);
    }
    for (index, vf) in &mut facts.vfs {
        if let Some(address) = vf.pci {
            read_vf(roots, network, address, vf);
            if roots.function(address).is_dir() {
                continue;
            }
            unread.push(format!("VF {index} at {address}: it disappeared while it was read"));
        }
    }
    if pf.pci().is_some() {
        facts.vf_default_driver = default_driver(roots, catalogs, &folder, &mut facts, &mut unread);
    }
    facts.unread = unread;
    Some(facts)
}

fn read_pci(
    roots: &Roots,
    catalogs: &Catalogs,
    address: PciAddress,
    folder: &Path,
    unread: &mut Vec<String>,
) -> Option<PfFacts> {
    let total_vfs = value(&folder.join("sriov_totalvfs"), unread)?;
    let vfs: BTreeMap<VfIndex, VfFacts> = vf_links(folder)
        .into_iter()
        .map(|(index, vf)| (index, VfFacts { pci: Some(vf), ..VfFacts::default() }))
        .collect();
    // The kernel removes VF 0 first (`sriov_disable`, drivers/pci/iov.c).
    if let Some((first, _)) = vfs.first_key_value().filter(|(first, _)| first.0 != 0) {
        unread.push(format!(
            "VFs before {first}: another process is removing the PF's VFs, or waits for one that is open"
        ));
    }
    let vendor: Option<PciId> = value(&folder.join("vendor"), unread);
    let device: Option<PciId> = value(&folder.join("device"), unread);
    let serial = read_serial(folder).unwrap_or_else(|error| {
        unread.push(format!("serial number, from {}/config: {}", folder.display(), io_cause(&error)));
        None
    });
    // The kernel says -1 where the machine has no nodes.
    let numa_node: Option<i32> = value(&folder.join("numa_node"), unread);
    let vf_device = text(&folder.join("sriov_vf_device")).ok();
    Some(PfFacts {
        class: value(&folder.join("class"), unread),
        vendor,
        device,
        model: vendor.zip(device).and_then(|(vendor, device)| catalogs.names.model(roots, vendor, device)),
        serial,
        numa_node: numa_node.and_then(|node| u16::try_from(node).ok()),
        driver: link_name(&folder.join("driver")),
        total_vfs: Some(total_vfs),
        // Not from `sriov_numvfs`, whose reader waits for whoever changes the count.
        vf_count: u16::try_from(vfs.len()).unwrap_or(u16::MAX),
        vf_offset: value(&folder.join("sriov_offset"), unread),
        vf_stride: value(&folder.join("sriov_stride"), unread),
        vf_device: vf_device.and_then(|id| format!("{id:0>4}").parse().ok()),
        iommu_group: read_group(roots, address),
        vfs,
        ..PfFacts::default()
    })
}

fn read_netdevsim(roots: &Roots, id: u32, folder: &Path, unread: &mut Vec<String>) -> Option<PfFacts> {
    let vf_count: u16 = value(&folder.join("sriov_numvfs"), unread)?;
    let limit = roots.path(format!("/sys/kernel/debug/netdevsim/netdevsim{id}/max_vfs"));
    let total_vfs = match text(&limit) {
        Ok(max) => max.parse().ok(),
        // Without debugfs nobody can have changed it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(NETDEVSIM_MAX_VFS),
        Err(error) => {
            unread.push(format!("how many VFs the device offers: {}", io_cause(&error)));
            None
        }
    };
    Some(PfFacts {
        driver: link_name(&folder.join("driver")),
        total_vfs,
        vf_count,
        vfs: (0..vf_count).map(|index| (VfIndex(index), VfFacts::default())).collect(),
        ..PfFacts::default()
    })
}

/// Returns the VFs by the PF's `virtfnN` links, which no reader of has to wait for.
pub(crate) fn vf_links(folder: &Path) -> BTreeMap<VfIndex, PciAddress> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let index = numbered(&entry.file_name(), "virtfn")?;
            Some((VfIndex(index), link_name(&entry.path())?))
        })
        .collect()
}

/// Returns the PF's own interfaces among those of its device, one for each port: no representors of the embedded switch. Ports
/// of Ethernet come first.
fn own_links<'a>(network: &'a Network, names: &[InterfaceName]) -> Vec<&'a Link> {
    let is_port = |name: &str| {
        name.strip_prefix('p')
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
    };
    let links = names.iter().filter_map(|name| network.link(name));
    let mut ports: Vec<&Link> =
        links.filter(|link| link.phys_port_name.as_deref().is_none_or(is_port)).collect();
    ports.sort_by_key(|link| (link.mac.is_none(), link.phys_port_name.clone(), link.index));
    ports
}

/// Returns the facts of the PF's interface; `None` where its address is not an Ethernet address.
fn read_netdev(network: &Network, link: &Link) -> Option<PfNetdev> {
    Some(PfNetdev {
        name: link.name.clone(),
        altnames: link.altnames.clone(),
        mac: link.mac?,
        permanent_mac: link.permanent_mac,
        mtu: link.mtu,
        max_mtu: link.max_mtu,
        up: link.up,
        carrier: link.carrier,
        // A child reads it.
        speed: None,
        master: network.master(link),
        addresses: network.addresses(link),
        default_route: network.has_default_route(link),
        // Looked for once, for the whole host, by those who find users.
        uppers_elsewhere: BTreeSet::new(),
    })
}

/// Gives each VF what the PF's interface reports of it.
fn give_attributes(vfs: &mut BTreeMap<VfIndex, VfFacts>, list: VfList, unread: &mut Vec<String>) {
    let unreadable = |why: &str| {
        let all = VfAttribute::ALL.iter().map(|a| (*a, RawReading::Unreadable(why.to_owned())));
        AttributeMap(all.collect())
    };
    match list {
        VfList::Silent => {}
        VfList::Unreadable(why) => {
            for vf in vfs.values_mut() {
                vf.attributes = unreadable(&why);
            }
            unread.push(format!("attributes of VFs: {why}"));
        }
        VfList::Entries(mut entries) => {
            for (index, vf) in vfs {
                vf.attributes = entries
                    .remove(index)
                    .unwrap_or_else(|| unreadable("the PF's driver left this VF out of its report"));
            }
        }
    }
}

/// Gives the VFs that a later look tells of what it tells; the others keep what they have.
pub(crate) fn give_later_attributes(vfs: &mut BTreeMap<VfIndex, VfFacts>, later: VfList) {
    let VfList::Entries(entries) = later else { return };
    for (index, attributes) in entries {
        if let Some(vf) = vfs.get_mut(&index) {
            vf.attributes = attributes;
        }
    }
}

/// Returns the driver that the kernel gives the PF's VFs, by their ids. One that merely holds a VF now may have
/// got it by hand: it is taken for the kernel's only where the ids say nothing.
fn default_driver(
    roots: &Roots,
    catalogs: &Catalogs,
    folder: &Path,
    facts: &mut PfFacts,
    unread: &mut Vec<String>,
) -> Option<DriverName> {
    let existing = facts.vfs.values().find_map(|vf| text(&roots.function(vf.pci?).join("modalias")).ok());
    let modalias = existing.or_else(|| expected_modalias(folder, &facts.vf_device?.to_string()));
    let why = match modalias.map(|modalias| catalogs.aliases.driver(roots, &modalias)) {
        Some(Ok(driver)) => return driver,
        Some(Err(why)) => Some(why),
        None => None,
    };
    let mut holders = facts.vfs.values().filter_map(|vf| vf.driver.clone());
    let holder = holders.find(|driver| !takes_what_it_is_given(driver));
    if holder.is_none() {
        unread.extend(why.map(|why| format!("driver for VFs: {why}")));
        facts.vf_default_driver_unread = true;
    }
    holder
}

#[cfg(test)]
mod tests {
    use vfctl_model::ByAttribute;

    use super::*;
    use crate::netlink::test_link as link;

    #[test]
    fn own_interface_is_a_port_and_no_representor() {
        let port =
            |index, name, port: &str| Link { phys_port_name: Some(port.to_owned()), ..link(index, name) };
        let names =
            |names: &[&str]| names.iter().map(|name| name.parse().expect("a name")).collect::<Vec<_>>();
        let network = Network::new(
            vec![
                port(2, "eth0_0", "pf0vf0"),
                port(3, "eth0", "p0"),
                port(4, "eth1", "p1"),
                port(5, "eth0_1", "pf0"),
                link(6, "ens1f0"),
            ],
            [],
            [],
        );
        let own = |these: &[&str]| -> Vec<String> {
            own_links(&network, &names(these)).iter().map(|link| link.name.to_string()).collect()
        };
        assert_eq!(own(&["eth0_0", "eth0_1", "eth1", "eth0"]), ["eth0", "eth1"]);
        assert_eq!(own(&["ens1f0"]), ["ens1f0"]);
        assert_eq!(own(&["eth0_0"]), [""; 0]);
        assert_eq!(own(&["elsewhere"]), [""; 0]);
    }

    #[test]
    fn port_of_ethernet_comes_before_one_of_infiniband() {
        let mac = "02:00:00:00:00:01".parse().ok();
        let network =
            Network::new(vec![Link { mac: None, ..link(2, "ib0") }, Link { mac, ..link(3, "eth1") }], [], []);
        let names = ["ib0", "eth1"].map(|name| name.parse().expect("a name"));
        let own: Vec<String> = own_links(&network, &names).iter().map(|link| link.name.to_string()).collect();
        assert_eq!(own, ["eth1", "ib0"]);
    }

    #[test]
    fn later_look_gives_attributes_to_the_vfs_that_it_tells_of_and_to_no_others() {
        let attributes = |why: &str| {
            AttributeMap(ByAttribute::from_iter([(
                VfAttribute::Trust,
                RawReading::Unreadable(why.to_owned()),
            )]))
        };
        let entries = |vfs: &[u16], why: &str| {
            VfList::Entries(vfs.iter().map(|vf| (VfIndex(*vf), attributes(why))).collect())
        };
        let mut vfs: BTreeMap<VfIndex, VfFacts> =
            (0..3).map(|vf| (VfIndex(vf), VfFacts::default())).collect();
        give_attributes(&mut vfs, entries(&[0, 2], "first"), &mut Vec::new());
        let left_out = vfs[&VfIndex(1)].attributes.clone();
        give_later_attributes(&mut vfs, VfList::Unreadable("gone".to_owned()));
        give_later_attributes(&mut vfs, entries(&[0], "later"));
        let now = |vfs: &BTreeMap<VfIndex, VfFacts>| -> Vec<AttributeMap> {
            vfs.values().map(|vf| vf.attributes.clone()).collect()
        };
        assert_eq!(now(&vfs), [attributes("later"), left_out, attributes("first")]);
        give_later_attributes(&mut vfs, entries(&[1, 7], "later"));
        assert_eq!(now(&vfs), [attributes("later"), attributes("later"), attributes("first")]);
    }
}
