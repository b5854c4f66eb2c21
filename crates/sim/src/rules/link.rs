//! The PF's and VFs' interfaces: set up and down, carrier, MTU (net/core/dev.c, net/core/rtnetlink.c).

use vfctl_model::{DeviceAddress, InterfaceName, Mtu, PciAddress, RateLimits, RawReading, Toggle, VfIndex};
use vfctl_model::{VfAttribute, VfValue};
use vfctl_port::{AdminState, PfNetdev};

use super::attribute::{self, require_interface};
use crate::errno::Errno;
use crate::stop::Stop;
use crate::view;
use crate::world::SimWorld;

/// Sets the MTU of the PF's interface (`dev_validate_mtu`).
pub(crate) fn set_mtu(
    world: &mut SimWorld,
    pf: &DeviceAddress,
    interface: &InterfaceName,
    mtu: Mtu,
) -> Result<(), Stop> {
    let netdev = pf_netdev(world, pf, interface)?;
    if netdev.max_mtu.is_some_and(|max| mtu.get() > max) {
        return Err(Errno::EINVAL.into());
    }
    if netdev.mtu != mtu.get() {
        netdev.mtu = mtu.get();
        flap(world, pf)?;
    }
    Ok(())
}

/// Sets the PF's interface up or down.
pub(crate) fn set_admin_state(
    world: &mut SimWorld,
    pf: &DeviceAddress,
    interface: &InterfaceName,
    state: AdminState,
) -> Result<(), Stop> {
    let netdev = pf_netdev(world, pf, interface)?;
    let was_up = std::mem::replace(&mut netdev.up, state == AdminState::Up);
    match (was_up, state) {
        (false, AdminState::Up) => flap(world, pf)?,
        (true, AdminState::Down) => {
            let (_, hidden, row) = world.pf_mut(pf)?;
            if row.carrier_ends_with_down {
                hidden.link = Toggle::Off;
            }
        }
        (true, AdminState::Up) | (false, AdminState::Down) => {}
    }
    Ok(())
}

/// Sets the MTU of a VF's interface, if it is in this namespace.
pub(crate) fn set_vf_mtu(
    world: &mut SimWorld,
    pf: &DeviceAddress,
    vf: VfIndex,
    device: PciAddress,
    mtu: Mtu,
) -> Result<(), Stop> {
    let (facts, hidden, row) = world.pf(pf)?;
    let seen = view::pf(facts, hidden, world.now);
    let shown = seen.vfs.get(&vf).filter(|seen| seen.pci == Some(device) && seen.netdev.is_some());
    shown.ok_or(Errno::ENODEV)?;
    let of_pf = seen.netdev.as_ref().map_or(u32::MAX, |netdev| netdev.mtu);
    let highest = if row.vf_mtu_within_pf { row.vf_max_mtu.min(of_pf) } else { row.vf_max_mtu };
    if mtu.get() > highest {
        return Err(Errno::EINVAL.into());
    }
    let (facts, _) = world.vf_mut(pf, vf)?;
    let netdev = facts.netdev.as_mut().ok_or(Errno::ENODEV)?;
    let was = std::mem::replace(&mut netdev.mtu, mtu.get());
    if was == mtu.get() { Ok(()) } else { attribute::restart_driver(world, pf, vf) }
}

/// Sets a VF's interface up or down.
pub(crate) fn set_vf_admin_state(
    world: &mut SimWorld,
    pf: &DeviceAddress,
    vf: VfIndex,
    state: AdminState,
) -> Result<(), Stop> {
    let (facts, _) = world.vf_mut(pf, vf)?;
    facts.netdev.as_mut().ok_or(Errno::ENODEV)?.up = state == AdminState::Up;
    Ok(())
}

/// Takes the PF's carrier away for as long as its driver needs to reset the port.
pub(crate) fn flap(world: &mut SimWorld, pf: &DeviceAddress) -> Result<(), Stop> {
    let now = world.now;
    let (facts, hidden, row) = world.pf_mut(pf)?;
    let is_up = facts.netdev.as_ref().is_some_and(|netdev| netdev.up);
    if let (true, Some(after)) = (is_up, row.carrier_after) {
        hidden.carrier_from = now + after;
    }
    Ok(())
}

/// Changes the speed that the link's partner offers, in Mbit/s.
pub(crate) fn set_speed(world: &mut SimWorld, pf: &DeviceAddress, speed: u32) -> Result<(), Stop> {
    let (facts, hidden, row) = world.pf_mut(pf)?;
    let was = hidden.speed.replace(speed);
    if row.rates_end_with_speed && was != Some(speed) {
        for vf in facts.vfs.values_mut() {
            let none = RawReading::Value(VfValue::Rate(RateLimits::NONE));
            vf.attributes.0.insert(VfAttribute::Rate, none);
        }
    }
    flap(world, pf)
}

fn pf_netdev<'w>(
    world: &'w mut SimWorld,
    pf: &DeviceAddress,
    interface: &InterfaceName,
) -> Result<&'w mut PfNetdev, Errno> {
    let (facts, _, _) = world.pf_mut(pf)?;
    require_interface(facts, interface)?;
    facts.netdev.as_mut().ok_or(Errno::ENODEV)
}
