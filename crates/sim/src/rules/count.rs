//! The count of VFs, as `sriov_numvfs_store` (drivers/pci/iov.c) and netdevsim's (bus.c, dev.c) take it.

use std::collections::BTreeSet;
use std::time::Duration;

use vfctl_model::{
    AttributeMap, Bus, DeviceAddress, InterfaceName, MacAddress, Toggle, VfAttribute, VfIndex,
};
use vfctl_port::{IommuGroup, PfNetdev, Use, VfFacts};

use super::{binding, eswitch, link, upper};
use crate::drivers::{Counts, Interface};
use crate::errno::Errno;
use crate::naming;
use crate::stop::Stop;
use crate::world::{HiddenVf, SimWorld};

/// How long the kernel takes to create VFs (`sriov_enable`: `msleep(100)`).
const CREATING: Duration = Duration::from_millis(100);
/// How long the kernel takes to destroy VFs (`sriov_disable`: `ssleep(1)`).
const DESTROYING: Duration = Duration::from_secs(1);
/// How long after the count `virtfn` links are there.
const LINKS: Duration = Duration::from_millis(200);
/// How long after the count the VFs' drivers are there.
const DRIVERS: Duration = Duration::from_millis(500);

/// Sets the count; `fewer` VFs than asked for come up.
pub(crate) fn set(world: &mut SimWorld, pf: &DeviceAddress, count: u16, fewer: u16) -> Result<(), Stop> {
    let (facts, hidden, row) = world.pf(pf)?;
    if hidden.stuck.is_some() {
        return Err(Stop::Hangs);
    }
    let (current, total) = (facts.vf_count, facts.total_vfs.unwrap_or(0));
    let on_pci = pf.bus() == Bus::Pci;
    if on_pci && count > total {
        return Err(Errno::ERANGE.into());
    }
    if facts.driver.is_none() && (count != current || !on_pci) {
        return Err(Errno::ENOENT.into());
    }
    if count == current {
        return Ok(());
    }
    let is_up = facts.netdev.as_ref().is_some_and(|netdev| netdev.up);
    match row.counts {
        Counts::Refused => return Err(Errno::ENOENT.into()),
        Counts::Ignored => return Ok(()),
        Counts::AsAsked | Counts::All => {}
    }
    let made = match row.counts {
        Counts::All if count > 0 => total,
        _ => count,
    };
    match (current, count) {
        (_, 0) if row.count_needs_up && !is_up => return Ok(()),
        (_, 0) => {
            let is_open = |one: &Use| one.blocks_the_kernel();
            if facts.vfs.values().any(|vf| vf.uses.iter().any(is_open)) {
                return Err(Stop::Hangs);
            }
            destroy_all(world, pf)?;
            world.now += DESTROYING;
        }
        (1.., _) => return Err(Errno::EBUSY.into()),
        (0, _) if count > total => return Err(Errno::ENOMEM.into()),
        (0, _) if row.count_needs_up && !is_up => return Ok(()),
        (0, _) => {
            world.now += CREATING;
            make(world, pf, made.saturating_sub(fewer))?;
        }
    }
    link::flap(world, pf)?;
    Ok(())
}

/// Destroys every VF of a PF, wherever its interface is.
pub(crate) fn destroy_all(world: &mut SimWorld, pf: &DeviceAddress) -> Result<(), Stop> {
    let (facts, hidden, row) = world.pf_mut(pf)?;
    hidden.vfs.clear();
    facts.vf_count = 0;
    let gone = std::mem::take(&mut facts.vfs);
    let interface = (row.interface == Interface::WithVfs).then(|| facts.netdev.take()).flatten();
    if row.attributes_outlive {
        hidden.kept.extend(gone.iter().map(|(index, vf)| (*index, vf.attributes.clone())));
    }
    if let Some(netdev) = interface {
        upper::leave(world, &netdev.name);
    }
    eswitch::end_with_vfs(world, pf)?;
    for vf in gone.values() {
        if let Some(netdev) = &vf.netdev {
            upper::leave(world, &netdev.name);
        }
        if let Some(representor) = &vf.representor {
            upper::leave(world, representor);
        }
        if vf.iommu_group.as_ref().is_some_and(|group| !binding::is_noiommu(group)) {
            let groups = &mut world.facts.system.iommu.groups;
            *groups = groups.saturating_sub(1);
        }
    }
    Ok(())
}

/// Makes the first `count` VFs, by whatever makes them.
pub(crate) fn make(world: &mut SimWorld, pf: &DeviceAddress, count: u16) -> Result<(), Stop> {
    let now = world.now;
    let number = world.facts.physical_functions.keys().take_while(|other| *other != pf).count();
    let (facts, _, row) = world.pf_mut(pf)?;
    if row.interface == Interface::WithVfs && count > 0 {
        facts.netdev = naming::management(number).map(managing);
    }
    if pf.bus() == Bus::Pci && facts.vf_offset.unwrap_or(0) == 0 {
        let (offset, stride) = row.routing;
        facts.vf_offset = Some(offset);
        facts.vf_stride = Some(stride);
    }
    facts.vf_count = count;
    let probed = facts.drivers_autoprobe() == Some(Toggle::On);
    let driver = facts.vf_default_driver.clone().filter(|_| probed && row.vf_driver_takes);
    for index in (0..count).map(VfIndex) {
        let group = new_group(world, pf)?;
        let (facts, hidden, row) = world.pf_mut(pf)?;
        let fresh = || VfAttribute::ALL.iter().map(|a| (*a, row.starts(*a))).collect();
        let vf = VfFacts {
            pci: facts.vf_address(pf.pci(), index),
            iommu_group: group,
            attributes: hidden.kept.remove(&index).unwrap_or_else(|| AttributeMap(fresh())),
            ..VfFacts::default()
        };
        facts.vfs.insert(index, vf);
        let linked_from = if pf.bus() == Bus::Pci { now + LINKS } else { now };
        hidden.vfs.insert(index, HiddenVf { linked_from, again: row.resets, ..HiddenVf::default() });
        if let Some(driver) = driver.clone() {
            binding::take(world, pf, index, driver, now + DRIVERS)?;
        }
    }
    eswitch::represent(world, pf)
}

/// Returns an interface that is there to set VFs and carries no frames (`cxgb4_mgmt_setup`).
fn managing(name: InterfaceName) -> PfNetdev {
    PfNetdev {
        name,
        altnames: BTreeSet::new(),
        mac: MacAddress::ZERO,
        permanent_mac: None,
        mtu: 0,
        max_mtu: None,
        up: false,
        carrier: false,
        speed: None,
        master: None,
        addresses: BTreeSet::new(),
        default_route: false,
        uppers_elsewhere: BTreeSet::new(),
    }
}

/// Returns the IOMMU group of a new VF: one of its own, where the host has groups.
fn new_group(world: &mut SimWorld, pf: &DeviceAddress) -> Result<Option<IommuGroup>, Stop> {
    let (facts, _, _) = world.pf(pf)?;
    let Some(of_pf) = &facts.iommu_group else { return Ok(None) };
    let kind = of_pf.kind.clone();
    let pfs = world.facts.physical_functions.values();
    let of_vfs = pfs.flat_map(|pf| pf.vfs.values()).filter_map(|vf| vf.iommu_group.as_ref());
    let taken: BTreeSet<u32> = of_vfs.map(|group| group.number).collect();
    // The host's other devices have had their numbers since it was booted; a VF gets the lowest that is free.
    let groups = world.facts.system.iommu.groups;
    let first = groups.saturating_sub(u32::try_from(taken.len()).unwrap_or(u32::MAX));
    let number = (first..).find(|number| !taken.contains(number)).unwrap_or(groups);
    world.facts.system.iommu.groups = groups.saturating_add(1);
    Ok(Some(IommuGroup { number, kind, siblings: Default::default() }))
}
