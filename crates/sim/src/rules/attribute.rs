//! VF attributes, as `do_setvfinfo` (net/core/rtnetlink.c) and the drivers take them.

use vfctl_model::{
    AttributeValue, DeviceAddress, InterfaceName, MacAddress, Mbps, RateLimits, RawReading, Toggle,
    VfAttribute, VfIndex, VfValue, VlanTag,
};
use vfctl_port::PfFacts;

use crate::drivers::{DriverRules, Keeps, LinkNow, MacEffect, MacShown};
use crate::errno::Errno;
use crate::stop::Stop;
use crate::view;
use crate::world::SimWorld;

/// Gives a VF's attribute a value through the PF's interface.
pub(crate) fn set(
    world: &mut SimWorld,
    address: &DeviceAddress,
    interface: &InterfaceName,
    vf: VfIndex,
    given: AttributeValue,
) -> Result<(), Stop> {
    let now = world.now;
    let (pf, hidden, row) = world.pf_mut(address)?;
    require_interface(pf, interface)?;
    // A VF is the driver's from the moment of the count on, before its device shows.
    if !pf.vfs.contains_key(&vf) {
        return Err(Errno::EINVAL.into());
    }
    let behind = hidden.vfs.entry(vf).or_default();
    if let Some(left) = behind.again.checked_sub(1) {
        behind.again = left;
        return Err(Errno::EAGAIN.into());
    }
    let (attribute, value) = (given.attribute(), given.value());
    if hidden.switchdev == Toggle::On && row.eswitch.is_some_and(|rules| rules.refuses.contains(&attribute)) {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let link = view::link(pf, hidden, now);
    refuse(row, attribute, &value, link)?;
    if row.counts_guarantees {
        refuse_guarantee(pf, vf, &value, link)?;
    }
    let keeps = row.attribute(attribute).map_or(&Keeps::AsGiven, |row| &row.keeps);
    let Some(value) = keeps.kept(value, link).map(as_read) else { return Ok(()) };
    if attribute.row().disturbs || row.also_reset_by.contains(&attribute) {
        hidden.vfs.entry(vf).or_default().again = row.resets;
    }
    if let Some(facts) = pf.vfs.get_mut(&vf) {
        facts.attributes.0.insert(attribute, RawReading::Value(value));
    }
    match (attribute, value) {
        (VfAttribute::MacAddress, VfValue::Mac(mac)) => take_mac(world, address, vf, mac),
        _ => Ok(()),
    }
}

/// Returns how the edge reads a value: where there is no VLAN, its protocol says nothing.
fn as_read(value: VfValue) -> VfValue {
    match value {
        VfValue::Vlan(VlanTag { id, qos, protocol: _ }) if id.get() == 0 && qos.get() == 0 => {
            VfValue::Vlan(VlanTag::NONE)
        }
        other => other,
    }
}

/// Refuses an interface that is not the PF's. The edge looks into the PF's folder in sysfs, where an altname is
/// no name.
pub(crate) fn require_interface(pf: &PfFacts, interface: &InterfaceName) -> Result<(), Errno> {
    let netdev = pf.netdev.as_ref().ok_or(Errno::ENODEV)?;
    (netdev.name == *interface).then_some(()).ok_or(Errno::ENODEV)
}

/// Refuses what the kernel or the driver refuses.
fn refuse(row: &DriverRules, attribute: VfAttribute, value: &VfValue, link: LinkNow) -> Result<(), Errno> {
    let refusals = row.attribute(attribute).map_or(&[][..], |row| row.refusals);
    if let Some(refusal) = refusals.iter().find(|refusal| refusal.when.holds(value, link)) {
        return Err(refusal.errno);
    }
    match value {
        // Every driver: a group address belongs to no single interface.
        VfValue::Mac(mac) if mac.is_multicast() => Err(Errno::EINVAL),
        // `rtnl_set_vf_rate`.
        VfValue::Rate(RateLimits { min: Mbps(min), max: Mbps(max) }) if *max != 0 && max < min => {
            Err(Errno::EINVAL)
        }
        _ => Ok(()),
    }
}

/// Refuses a guaranteed rate that goes beyond the link's speed, with those of the other VFs
/// (`ice_min_tx_rate_oversubscribed`, drivers/net/ethernet/intel/ice/ice_sriov.c).
fn refuse_guarantee(pf: &PfFacts, vf: VfIndex, value: &VfValue, link: LinkNow) -> Result<(), Errno> {
    let VfValue::Rate(RateLimits { min: Mbps(wanted @ 1..), max: _ }) = value else { return Ok(()) };
    let others = pf.vfs.iter().filter(|(other, _)| **other != vf);
    let of_others = others.map(|(_, facts)| match facts.attributes.0.get(VfAttribute::Rate) {
        Some(RawReading::Value(VfValue::Rate(rate))) => u64::from(rate.min.0),
        _ => 0,
    });
    let sum = u64::from(*wanted) + of_others.sum::<u64>();
    if sum > u64::from(link.speed) { Err(Errno::EINVAL) } else { Ok(()) }
}

/// Lets a VF take the MAC that its PF has set, when its driver does.
fn take_mac(world: &mut SimWorld, pf: &DeviceAddress, vf: VfIndex, mac: MacAddress) -> Result<(), Stop> {
    let (_, _, row) = world.pf(pf)?;
    let (_, hidden) = world.vf_mut(pf, vf)?;
    hidden.admin_mac = (mac != MacAddress::ZERO).then_some(mac);
    if row.mac_effect == MacEffect::ByReset {
        start_driver(world, pf, vf)?;
    }
    Ok(())
}

/// Lets a VF's network driver choose its MAC: the one that the PF set, or one of its own.
pub(crate) fn start_driver(world: &mut SimWorld, pf: &DeviceAddress, vf: VfIndex) -> Result<(), Stop> {
    let own = world.draw_mac(pf, vf)?;
    let (of_pf, _, row) = world.pf(pf)?;
    let is_up = of_pf.netdev.as_ref().is_some_and(|netdev| netdev.up);
    let (facts, hidden) = world.vf_mut(pf, vf)?;
    let Some(netdev) = &mut facts.netdev else { return Ok(()) };
    // A PF that is down does not answer the VF's driver, which makes an address up (`igbvf_probe`: "PF still in reset
    // state. Is the PF interface up?").
    let pf_answers = is_up || !row.mac_asks_pf;
    netdev.mac = hidden.admin_mac.filter(|_| pf_answers).unwrap_or(own);
    // Without its PF the driver cannot say which MAC it has chosen.
    if hidden.admin_mac.is_none() && row.mac_shown == MacShown::Own && is_up {
        let shown = RawReading::Value(VfValue::Mac(own));
        facts.attributes.0.insert(VfAttribute::MacAddress, shown);
    }
    Ok(())
}

/// Lets a VF's interface have an address of its driver's own, though the PF has set one: the PF is in reset, and does not
/// answer.
pub(crate) fn make_mac_up(world: &mut SimWorld, pf: &DeviceAddress, vf: VfIndex) -> Result<(), Stop> {
    let own = world.draw_mac(pf, vf)?;
    let (_, _, row) = world.pf(pf)?;
    let asks = row.mac_asks_pf;
    let (facts, _) = world.vf_mut(pf, vf)?;
    if let Some(netdev) = facts.netdev.as_mut().filter(|_| asks) {
        netdev.mac = own;
    }
    Ok(())
}

/// Lets a VF's network driver reset the VF: it says again which MAC it has, unless the PF set one
/// (`igbvf_reset`, drivers/net/ethernet/intel/igbvf/netdev.c).
pub(crate) fn restart_driver(world: &mut SimWorld, pf: &DeviceAddress, vf: VfIndex) -> Result<(), Stop> {
    let (of_pf, _, row) = world.pf(pf)?;
    let is_up = of_pf.netdev.as_ref().is_some_and(|netdev| netdev.up);
    let (facts, hidden) = world.vf_mut(pf, vf)?;
    if let Some(netdev) = &facts.netdev
        && hidden.admin_mac.is_none()
        && row.mac_shown == MacShown::Own
        && is_up
    {
        let shown = RawReading::Value(VfValue::Mac(netdev.mac));
        facts.attributes.0.insert(VfAttribute::MacAddress, shown);
    }
    Ok(())
}
