//! Which driver holds a VF (drivers/pci/pci-driver.c, drivers/base/{bus,dd}.c, drivers/vfio).

use std::collections::BTreeSet;
use std::time::Duration;

use vfctl_model::{DeviceAddress, DriverName, MacAddress, PciAddress, Toggle, VfIndex};
use vfctl_port::{Binding, ClaimValue, IommuGroup, Property, Use, VfFacts, VfNetdev};

use super::{attribute, upper};
use crate::errno::Errno;
use crate::naming;
use crate::stop::Stop;
use crate::world::SimWorld;

/// How long after the driver a VF's interface is there.
const NETDEV: Duration = Duration::from_millis(300);
/// How long after a bind the driver shows.
const DRIVER: Duration = Duration::from_millis(50);
/// The type of a group that vfio made itself: it has no domain (`iommu_group_show_type`, drivers/iommu/iommu.c).
const NOIOMMU: &str = "unknown";

/// Says whether the kernel binds new VFs to a driver; takes no lock (`sriov_drivers_autoprobe_store`).
pub(crate) fn set_autoprobe(world: &mut SimWorld, pf: &DeviceAddress, autoprobe: Toggle) -> Result<(), Stop> {
    let (facts, _, _) = world.pf_mut(pf)?;
    facts.drivers_autoprobe().ok_or(Errno::ENOENT)?;
    facts.properties.note(Property::DriversAutoprobe, ClaimValue::Flag(autoprobe == Toggle::On));
    Ok(())
}

/// How long it takes to unbind a VF: mlx5_core tears its queues down for about a second.
const UNBINDING: Duration = Duration::from_secs(1);

/// Takes a VF from its driver; with its vfio device open the kernel waits without end.
pub(crate) fn unbind(
    world: &mut SimWorld,
    pf: &DeviceAddress,
    vf: VfIndex,
    device: PciAddress,
) -> Result<(), Stop> {
    let facts = store(world, pf, vf, device)?;
    if facts.driver.is_none() {
        return Err(Errno::ENODEV.into());
    }
    if facts.uses.iter().any(Use::blocks_the_kernel) {
        return Err(Stop::Hangs);
    }
    attribute::restart_driver(world, pf, vf)?;
    let (facts, _) = world.vf_mut(pf, vf)?;
    facts.driver = None;
    if facts.iommu_group.as_ref().is_some_and(is_noiommu) {
        facts.iommu_group = None;
    }
    // An interface goes with its driver, from whichever namespace; who was in it is so no more.
    facts.uses.clear();
    if let Some(netdev) = facts.netdev.take() {
        upper::leave(world, &netdev.name);
    }
    world.now += UNBINDING;
    Ok(())
}

/// Gives a VF to the named driver by its override and the driver's own `bind`; the override is given back
/// whatever comes of it.
pub(crate) fn bind(
    world: &mut SimWorld,
    pf: &DeviceAddress,
    vf: VfIndex,
    device: PciAddress,
    binding: &Binding,
) -> Result<(), Stop> {
    let Binding { driver, override_after } = binding;
    let is_loaded = world.facts.system.modules.contains(&driver.module());
    let facts = store(world, pf, vf, device)?;
    if driver.is_vfio() && !is_loaded {
        let module = driver.module();
        return Err(Stop::ByEdge(format!("no driver {driver} is registered; load module {module}")));
    }
    if facts.driver.as_ref() == Some(driver) {
        return Ok(());
    }
    facts.driver_override.clone_from(override_after);
    if facts.driver.is_some() {
        // `__driver_probe_device`.
        return Err(Errno::EBUSY.into());
    }
    let grouped = facts.iommu_group.is_some();
    let (of_pf, _, row) = world.pf(pf)?;
    if driver.is_vfio() {
        // `vfio_group_find_or_alloc`: no group, no device, unless vfio makes a group itself.
        if !grouped {
            let group = noiommu_group(world).ok_or(Errno::EINVAL)?;
            world.vf_mut(pf, vf)?.0.iommu_group = Some(group);
        }
    } else if of_pf.vf_default_driver.as_ref() != Some(driver) || !row.vf_driver_takes {
        return Err(Errno::ENODEV.into());
    }
    let from = world.now + DRIVER;
    take(world, pf, vf, driver.clone(), from)
}

/// Returns whether vfio made a group itself, since the device had none.
pub(super) fn is_noiommu(group: &IommuGroup) -> bool {
    group.kind.as_deref() == Some(NOIOMMU)
}

/// Returns the group that vfio makes for a device without one (`vfio_noiommu_group_alloc`, drivers/vfio/group.c);
/// `None` where the host does not allow it.
fn noiommu_group(world: &SimWorld) -> Option<IommuGroup> {
    let pfs = world.facts.physical_functions.values();
    let vfs = pfs.flat_map(|pf| pf.vfs.values()).filter_map(|vf| vf.iommu_group.as_ref());
    let taken: BTreeSet<u32> = vfs.map(|group| group.number).collect();
    let number = (0..).find(|number| !taken.contains(number))?;
    let group = IommuGroup { number, kind: Some(NOIOMMU.to_owned()), siblings: BTreeSet::new() };
    world.facts.system.iommu.unsafe_noiommu.then_some(group)
}

/// Says which driver alone may take a VF; a driver that holds it keeps it (`driver_override_store`).
pub(crate) fn set_override(
    world: &mut SimWorld,
    pf: &DeviceAddress,
    vf: VfIndex,
    device: PciAddress,
    driver: Option<DriverName>,
) -> Result<(), Stop> {
    store(world, pf, vf, device)?.driver_override = driver;
    Ok(())
}

/// Clears a VF's override and lets the kernel choose its driver.
pub(crate) fn probe(
    world: &mut SimWorld,
    pf: &DeviceAddress,
    vf: VfIndex,
    device: PciAddress,
) -> Result<(), Stop> {
    let facts = store(world, pf, vf, device)?;
    facts.driver_override = None;
    if facts.driver.is_some() {
        return Ok(());
    }
    let (of_pf, _, row) = world.pf(pf)?;
    // `pci_device_can_probe` refuses with autoprobe off, and `drivers_probe` succeeds even where no driver takes the
    // device (`__device_attach_driver` drops what a probe says): the edge looks at the driver link and refuses.
    let autoprobes = of_pf.drivers_autoprobe() == Some(Toggle::On);
    match of_pf.vf_default_driver.clone().filter(|_| autoprobes && row.vf_driver_takes) {
        Some(driver) => {
            let from = world.now + DRIVER;
            take(world, pf, vf, driver, from)
        }
        None => Err(Stop::ByEdge(format!("the kernel found no driver that may have {device}"))),
    }
}

/// Returns a VF for a store that needs its device and its PF's lock; drivers that are still on their way show
/// no driver to take it from.
fn store<'w>(
    world: &'w mut SimWorld,
    pf: &DeviceAddress,
    vf: VfIndex,
    device: PciAddress,
) -> Result<&'w mut VfFacts, Stop> {
    let now = world.now;
    let (_, hidden, _) = world.pf(pf)?;
    if hidden.stuck.is_some() {
        return Err(Stop::Hangs);
    }
    let (facts, hidden) = world.vf_mut(pf, vf)?;
    let on_its_way = hidden.linked_from > now || (facts.driver.is_some() && hidden.driver_from > now);
    if facts.pci != Some(device) || on_its_way {
        return Err(Errno::ENODEV.into());
    }
    Ok(facts)
}

/// Lets a driver have a VF from some moment on, with an interface where it makes one.
pub(crate) fn take(
    world: &mut SimWorld,
    pf: &DeviceAddress,
    vf: VfIndex,
    driver: DriverName,
    from: Duration,
) -> Result<(), Stop> {
    let (facts, _, row) = world.pf(pf)?;
    let makes_netdev = row.vf_netdev && !driver.is_vfio();
    let base = facts.netdev.as_ref().map(|netdev| netdev.name.clone());
    let name = base.filter(|_| makes_netdev).and_then(|base| naming::vf_interface(&world.facts, &base, vf));
    let (facts, hidden) = world.vf_mut(pf, vf)?;
    hidden.driver_from = from;
    hidden.netdev_from = from + NETDEV;
    facts.driver = Some(driver);
    facts.netdev = name.map(|name| VfNetdev {
        name,
        altnames: Default::default(),
        mac: MacAddress::ZERO,
        mtu: 1500,
        up: false,
    });
    attribute::start_driver(world, pf, vf)
}
