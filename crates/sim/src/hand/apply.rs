//! Does on the world what somebody does by hand, by the same rules as an op.

use std::time::Duration;

use vfctl_model::{
    DeviceAddress, InterfaceName, PciAddress, RawReading, Toggle, VfAttribute, VfIndex, VfSetting, VfValue,
    VlanTag,
};
use vfctl_port::{Op, OpError, Use};

use super::{EachValue, Hand, VfDriver};
use crate::drivers::MacShown;
use crate::errno::Errno;
use crate::fault::Injected;
use crate::perform;
use crate::rules::{bus, eswitch, link, upper};
use crate::stop::Stop;
use crate::world::SimWorld;

impl Hand {
    /// Does it.
    pub(crate) fn apply(&self, world: &mut SimWorld) -> Result<(), OpError> {
        match self {
            Self::Set { device, vf, attribute, value } => {
                let setting = VfSetting::new(*attribute, *value).ok_or(Errno::EINVAL)?;
                set(world, &find(world, device)?, *vf, setting)
            }
            Self::SetEach { device, first, last, start } => set_each(world, device, *first, *last, *start),
            Self::Count { device, count } => {
                let pf = find(world, device)?;
                perform::by_hand(world, &Op::SetVfCount { pf, count: *count })
            }
            Self::Admin { device, state } => {
                let of_vf = device.parse().ok().and_then(|name| upper::vf_by_interface(&world.facts, &name));
                if let Some((pf, vf)) = of_vf {
                    return link::set_vf_admin_state(world, &pf, vf, *state).map_err(Stop::told);
                }
                let (pf, interface) = find_interface(world, device)?;
                perform::by_hand(world, &Op::SetPfAdminState { pf, interface, state: *state })
            }
            Self::Carrier { device, link } => {
                let pf = find(world, device)?;
                let (_, hidden, _) = world.pf_mut(&pf)?;
                hidden.link = *link;
                match link {
                    Toggle::On => link::flap(world, &pf).map_err(Stop::told),
                    Toggle::Off => Ok(()),
                }
            }
            Self::Speed { device, speed } => {
                let pf = find(world, device)?;
                link::set_speed(world, &pf, *speed).map_err(Stop::told)
            }
            Self::Mtu { device, mtu } => {
                let (pf, interface) = find_interface(world, device)?;
                perform::by_hand(world, &Op::SetPfMtu { pf, interface, mtu: *mtu })
            }
            Self::Autoprobe { device, autoprobe } => {
                let pf = find(world, device)?;
                perform::by_hand(world, &Op::SetDriversAutoprobe { pf, autoprobe: *autoprobe })
            }
            Self::Driver { device, vf, driver } => give(world, &find(world, device)?, *vf, driver),
            Self::VfMtu { device, vf, mtu } => {
                let pf = find(world, device)?;
                let device = vf_device(world, &pf, *vf)?;
                perform::by_hand(world, &Op::SetVfMtu { pf, vf: *vf, device, mtu: *mtu })
            }
            Self::Netns { device, vf, namespace } => {
                let pf = find(world, device)?;
                upper::move_away(world, &pf, *vf, namespace).map_err(Stop::told)
            }
            Self::NetnsBack { namespace } => upper::bring_back(world, namespace).map_err(Stop::told),
            Self::VfioOpen { device, vf } => open(world, &find(world, device)?, *vf),
            Self::VfioClose => {
                close_all(world);
                Ok(())
            }
            Self::RemovePf { device } => {
                let pf = find(world, device)?;
                bus::remove(world, &pf).map_err(Stop::told)
            }
            Self::Rescan => {
                bus::rescan(world);
                Ok(())
            }
            Self::Bond { name, ports } => upper::enslave(world, name, "bond", ports).map_err(Stop::told),
            Self::Bridge { name, port } => {
                upper::enslave(world, name, "bridge", std::slice::from_ref(port)).map_err(Stop::told)
            }
            Self::Dissolve { name } => upper::dissolve(world, name).map_err(Stop::told),
            Self::Eswitch { device, switchdev } => {
                let pf = find(world, device)?;
                eswitch::set(world, &pf, *switchdev).map_err(Stop::told)
            }
            Self::Altname { device, name } => {
                let pf = find(world, device)?;
                if world.facts.pf_by_interface(name).is_some() {
                    return Err(Errno::EEXIST.into());
                }
                let (facts, _, _) = world.pf_mut(&pf)?;
                facts.netdev.as_mut().ok_or(Errno::ENODEV)?.altnames.insert(name.clone());
                Ok(())
            }
            Self::Address { interface, address } => {
                upper::add_address(world, interface, *address).map_err(Stop::told)
            }
            Self::DefaultRoute { interface } => {
                upper::add_default_route(world, interface).map_err(Stop::told)
            }
            Self::Fault { kind, device, fault } => {
                let pf = device.as_ref().map(|device| find(world, device)).transpose()?;
                world.injected.retain(|one| !one.is_of(*kind, pf.as_ref()));
                world.injected.extend(fault.map(|fault| Injected::new(*kind, pf, fault)));
                Ok(())
            }
            Self::Ssh { interface } => upper::ssh(world, interface).map_err(Stop::told),
            Self::Wait { seconds } => {
                world.now = world.now.saturating_add(Duration::from_secs(*seconds));
                Ok(())
            }
        }
    }
}

/// Finds a PF by its interface, an altname or its address.
fn find(world: &SimWorld, device: &str) -> Result<DeviceAddress, Errno> {
    let by_name = |name: &InterfaceName| world.facts.pf_by_interface(name).map(|(pf, _)| pf.clone());
    let by_address = || {
        let address = device.parse().ok().or_else(|| device.parse().ok().map(DeviceAddress::Pci));
        address.filter(|address| world.facts.physical_functions.contains_key(address))
    };
    device.parse().ok().as_ref().and_then(by_name).or_else(by_address).ok_or(Errno::ENODEV)
}

fn find_interface(world: &SimWorld, device: &str) -> Result<(DeviceAddress, InterfaceName), Errno> {
    let pf = find(world, device)?;
    let interface = interface_of(world, &pf)?;
    Ok((pf, interface))
}

fn interface_of(world: &SimWorld, pf: &DeviceAddress) -> Result<InterfaceName, Errno> {
    let (facts, _, _) = world.pf(pf)?;
    facts.netdev.as_ref().map(|netdev| netdev.name.clone()).ok_or(Errno::ENODEV)
}

fn vf_device(world: &SimWorld, pf: &DeviceAddress, vf: VfIndex) -> Result<PciAddress, Errno> {
    let (facts, _, _) = world.pf(pf)?;
    facts.vfs.get(&vf).and_then(|vf| vf.pci).ok_or(Errno::ENODEV)
}

fn set(world: &mut SimWorld, pf: &DeviceAddress, vf: VfIndex, setting: VfSetting) -> Result<(), OpError> {
    let interface = interface_of(world, pf)?;
    perform::by_hand(world, &Op::SetVf { pf: pf.clone(), interface, vf, setting })
}

fn set_each(
    world: &mut SimWorld,
    device: &str,
    VfIndex(first): VfIndex,
    VfIndex(last): VfIndex,
    start: EachValue,
) -> Result<(), OpError> {
    use vfctl_model::VfAttribute;
    let pf = find(world, device)?;
    for index in first..=last {
        let steps = index - first;
        let setting = match start {
            EachValue::Mac(mac) => {
                let mac = mac.offset_by(u32::from(steps)).ok_or(Errno::EINVAL)?;
                VfSetting::new(VfAttribute::MacAddress, VfValue::Mac(mac))
            }
            EachValue::Vlan(id) => {
                let id = u64::from(id.get()) + u64::from(steps);
                let id = id.try_into().map_err(|_| Errno::EINVAL)?;
                VfSetting::new(VfAttribute::Vlan, VfValue::Vlan(VlanTag { id, ..VlanTag::NONE }))
            }
        };
        set(world, &pf, VfIndex(index), setting.ok_or(Errno::EINVAL)?)?;
    }
    Ok(())
}

/// Gives a VF to a driver, after the one that it has has let go.
fn give(world: &mut SimWorld, pf: &DeviceAddress, vf: VfIndex, driver: &VfDriver) -> Result<(), OpError> {
    let device = vf_device(world, pf, vf)?;
    let (facts, _) = world.vf_mut(pf, vf)?;
    let has_one = facts.driver.is_some();
    let pf = pf.clone();
    if has_one {
        perform::by_hand(world, &Op::UnbindDriver { pf: pf.clone(), vf, device })?;
    }
    match driver {
        VfDriver::None => Ok(()),
        VfDriver::Default => perform::by_hand(world, &Op::ProbeDriver { pf, vf, device }),
        VfDriver::Named(driver) => {
            let driver = driver.clone();
            perform::by_hand(world, &Op::BindDriver { pf, vf, device, driver, override_after: None })
        }
    }
}

/// Lets a process open a VF's vfio device.
fn open(world: &mut SimWorld, pf: &DeviceAddress, vf: VfIndex) -> Result<(), OpError> {
    let shows_own = world.pf(pf)?.2.mac_shown == MacShown::Own;
    let (facts, hidden) = world.vf_mut(pf, vf)?;
    match &facts.driver {
        Some(driver) if driver.is_vfio() => {
            // Opening resets the function, and the PF forgets an address that it did not give
            // (`igb_vf_reset_event`, igb_main.c).
            if shows_own && hidden.admin_mac.is_none() {
                let zero = RawReading::Value(VfAttribute::MacAddress.factory());
                facts.attributes.0.insert(VfAttribute::MacAddress, zero);
            }
            facts.uses.push(Use::VfioOpen { holder: "pid 1234 (vfio-hold)".to_owned() });
            Ok(())
        }
        _ => Err(Errno::ENOENT.into()),
    }
}

/// Lets every process with an open vfio device end, and with it the stores that waited for one.
fn close_all(world: &mut SimWorld) {
    for vf in world.facts.physical_functions.values_mut().flat_map(|pf| pf.vfs.values_mut()) {
        vf.uses.retain(|one| !one.blocks_the_kernel());
    }
    perform::release(world);
}
