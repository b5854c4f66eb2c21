//! Does on the world what other people do by hand, by the same rules as an op.

use std::time::Duration;

use vfctl_model::{
    AttributeValue, DeviceAddress, EswitchSetting, InterfaceName, RawReading, Toggle, VfAttribute, VfIndex,
    VfValue, VlanTag,
};
use vfctl_port::{Action, Binding, Target, Use};

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
    pub(crate) fn apply(&self, world: &mut SimWorld) -> Result<(), Stop> {
        match self {
            Self::Set { device, vf, attribute, value } => {
                let value = AttributeValue::new(*attribute, *value).ok_or(Errno::EINVAL)?;
                set(world, &find(world, device)?, *vf, value)
            }
            Self::SetEach { device, first, last, start } => set_each(world, device, *first, *last, *start),
            Self::Count { device, count } => {
                let pf = find(world, device)?;
                let action = if *count == 0 { Action::RemoveVfs } else { Action::CreateVfs(*count) };
                perform::by_hand(world, Target::Pf(pf), action)
            }
            Self::Admin { device, state } => {
                let of_vf = device.parse().ok().and_then(|name| upper::vf_by_interface(&world.facts, &name));
                if let Some((pf, vf)) = of_vf {
                    return link::set_vf_admin_state(world, &pf, vf, *state);
                }
                let (pf, interface) = find_interface(world, device)?;
                perform::by_hand(world, Target::PfInterface(pf, interface), Action::SetPfAdminState(*state))
            }
            Self::Carrier { device, link } => {
                let pf = find(world, device)?;
                let (_, hidden, _) = world.pf_mut(&pf)?;
                hidden.link = *link;
                match link {
                    Toggle::On => link::flap(world, &pf),
                    Toggle::Off => Ok(()),
                }
            }
            Self::Speed { device, speed } => {
                let pf = find(world, device)?;
                link::set_speed(world, &pf, *speed)
            }
            Self::Mtu { device, mtu } => {
                let (pf, interface) = find_interface(world, device)?;
                perform::by_hand(world, Target::PfInterface(pf, interface), Action::SetPfMtu(*mtu))
            }
            Self::Autoprobe { device, autoprobe } => {
                let pf = find(world, device)?;
                perform::by_hand(world, Target::Pf(pf), Action::SetDriversAutoprobe(*autoprobe))
            }
            Self::Driver { device, vf, driver } => give(world, &find(world, device)?, *vf, driver),
            Self::VfMtu { device, vf, mtu } => {
                let pf = find(world, device)?;
                let target = function(world, &pf, *vf)?;
                perform::by_hand(world, target, Action::SetVfMtu(*mtu))
            }
            Self::Netns { device, vf, namespace } => {
                let pf = find(world, device)?;
                upper::move_away(world, &pf, *vf, namespace)
            }
            Self::NetnsBack { namespace } => upper::bring_back(world, namespace),
            Self::VfioOpen { device, vf } => open(world, &find(world, device)?, *vf),
            Self::VfioClose => {
                close_all(world);
                Ok(())
            }
            Self::RemovePf { device } => {
                let pf = find(world, device)?;
                bus::remove(world, &pf)
            }
            Self::Rescan => {
                bus::rescan(world);
                Ok(())
            }
            Self::Bond { name, ports } => upper::enslave(world, name, "bond", ports),
            Self::Bridge { name, port } => upper::enslave(world, name, "bridge", std::slice::from_ref(port)),
            Self::BridgeRepresentor { name, device, vf } => {
                let representor = representor(world, device, *vf)?;
                upper::enslave(world, name, "bridge", &[representor])
            }
            Self::AddressRepresentor { device, vf, address } => {
                let representor = representor(world, device, *vf)?;
                upper::add_address(world, &representor, *address)
            }
            Self::Dissolve { name } => upper::dissolve(world, name),
            Self::Eswitch { device, mode } => {
                let pf = find(world, device)?;
                eswitch::set(world, &pf, EswitchSetting::Mode(*mode))
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
            Self::Address { interface, address } => upper::add_address(world, interface, *address),
            Self::DefaultRoute { interface } => upper::add_default_route(world, interface),
            Self::Fault { kind, device, fault } => {
                let pf = device.as_ref().map(|device| find(world, device)).transpose()?;
                world.injected.retain(|one| !one.is_of(*kind, pf.as_ref()));
                world.injected.extend(fault.map(|fault| Injected::new(*kind, pf, fault)));
                Ok(())
            }
            Self::HoldInterfaces { seconds } => {
                world.interfaces_held_until = world.now.saturating_add(Duration::from_secs(*seconds));
                Ok(())
            }
            Self::ReleaseInterfaces => {
                world.interfaces_held_until = Duration::ZERO;
                Ok(())
            }
            Self::Ssh { interface } => upper::ssh(world, interface),
            Self::Wait { seconds } => {
                world.now = world.now.saturating_add(Duration::from_secs(*seconds));
                Ok(())
            }
        }
    }
}

/// Returns the representor of a VF.
fn representor(world: &mut SimWorld, device: &str, vf: VfIndex) -> Result<InterfaceName, Stop> {
    let pf = find(world, device)?;
    let (facts, _) = world.vf_mut(&pf, vf)?;
    Ok(facts.representor.clone().ok_or(Errno::ENODEV)?)
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

/// Returns a VF as the target of what is done to its own PCI function.
fn function(world: &SimWorld, pf: &DeviceAddress, vf: VfIndex) -> Result<Target, Errno> {
    let (facts, _, _) = world.pf(pf)?;
    let address = facts.vfs.get(&vf).and_then(|vf| vf.pci).ok_or(Errno::ENODEV)?;
    Ok(Target::Function(pf.clone(), vf, address))
}

fn set(world: &mut SimWorld, pf: &DeviceAddress, vf: VfIndex, value: AttributeValue) -> Result<(), Stop> {
    let target = Target::VfThroughPf(pf.clone(), interface_of(world, pf)?, vf);
    perform::by_hand(world, target, Action::SetVfAttribute(value))
}

fn set_each(
    world: &mut SimWorld,
    device: &str,
    VfIndex(first): VfIndex,
    VfIndex(last): VfIndex,
    start: EachValue,
) -> Result<(), Stop> {
    let pf = find(world, device)?;
    for index in first..=last {
        let steps = index - first;
        let value = match start {
            EachValue::Mac(mac) => {
                let mac = mac.offset_by(u32::from(steps)).ok_or(Errno::EINVAL)?;
                AttributeValue::new(VfAttribute::MacAddress, VfValue::Mac(mac))
            }
            EachValue::Vlan(id) => {
                let id = u64::from(id.get()) + u64::from(steps);
                let id = id.try_into().map_err(|_| Errno::EINVAL)?;
                AttributeValue::new(VfAttribute::Vlan, VfValue::Vlan(VlanTag { id, ..VlanTag::NONE }))
            }
        };
        set(world, &pf, VfIndex(index), value.ok_or(Errno::EINVAL)?)?;
    }
    Ok(())
}

/// Gives a VF to a driver, after it was taken from the one that it has.
fn give(world: &mut SimWorld, pf: &DeviceAddress, vf: VfIndex, driver: &VfDriver) -> Result<(), Stop> {
    let target = function(world, pf, vf)?;
    let (facts, _) = world.vf_mut(pf, vf)?;
    if facts.driver.is_some() {
        perform::by_hand(world, target.clone(), Action::UnbindDriver)?;
    }
    match driver {
        VfDriver::None => Ok(()),
        VfDriver::Default => perform::by_hand(world, target, Action::ProbeDriver),
        VfDriver::Named(driver) => {
            let binding = Binding { driver: driver.clone(), override_after: None };
            perform::by_hand(world, target, Action::BindDriver(binding))
        }
    }
}

/// Lets a process open a VF's vfio device.
fn open(world: &mut SimWorld, pf: &DeviceAddress, vf: VfIndex) -> Result<(), Stop> {
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
