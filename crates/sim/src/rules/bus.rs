//! Devices that leave the PCI bus and come back (drivers/pci/remove.c, drivers/pci/probe.c).

use vfctl_model::{Bus, DeviceAddress, EswitchEncapMode, EswitchInlineMode, EswitchMode};
use vfctl_port::{ClaimValue, PfFacts, PfNetdev, Property, Use};

use super::{count, upper};
use crate::drivers::{DriverRules, row_of};
use crate::errno::Errno;
use crate::stop::Stop;
use crate::world::{HiddenPf, SimWorld};

/// Takes a PF from the bus, and its VFs with it.
pub(crate) fn remove(world: &mut SimWorld, pf: &DeviceAddress) -> Result<(), Stop> {
    if pf.bus() != Bus::Pci {
        return Err(Errno::ENOENT.into());
    }
    let (facts, hidden, _) = world.pf(pf)?;
    let is_open = facts.vfs.values().any(|vf| vf.uses.iter().any(Use::blocks_the_kernel));
    if is_open || hidden.stuck.is_some() {
        return Err(Stop::Hangs);
    }
    count::destroy_all(world, pf)?;
    world.hidden.remove(pf);
    let facts = world.facts.physical_functions.remove(pf).ok_or(Errno::ENODEV)?;
    if let Some(netdev) = &facts.netdev {
        upper::leave(world, &netdev.name);
    }
    world.removed.insert(pf.clone(), facts);
    Ok(())
}

/// Finds the PFs again that were taken from the bus, as they are after a boot.
pub(crate) fn rescan(world: &mut SimWorld) {
    for (address, facts) in std::mem::take(&mut world.removed) {
        let netdev = facts.netdev.map(|netdev| PfNetdev {
            altnames: Default::default(),
            mac: netdev.permanent_mac.unwrap_or(netdev.mac),
            mtu: 1500,
            up: false,
            carrier: false,
            master: None,
            addresses: Default::default(),
            default_route: false,
            uppers_elsewhere: Default::default(),
            ..netdev
        });
        let mut facts = PfFacts { netdev, ..facts };
        for (property, value) in fresh(&address, row_of(facts.driver.as_ref())) {
            if facts.properties.value(property).is_some() {
                facts.properties.note(property, value);
            }
        }
        world.hidden.insert(address.clone(), HiddenPf::behind(&facts));
        world.facts.physical_functions.insert(address, facts);
    }
}

/// Returns what a PF that has just come onto its bus shows of the properties that are kept by row.
pub(crate) fn fresh(address: &DeviceAddress, row: &DriverRules) -> Vec<(Property, ClaimValue)> {
    let autoprobe = (Property::DriversAutoprobe, ClaimValue::Flag(true));
    let mode = (Property::EswitchMode, ClaimValue::Name(EswitchMode::Legacy.to_string()));
    let has_more = row.eswitch.is_some_and(|rules| rules.has_inline_and_encap);
    let inline = (Property::EswitchInlineMode, ClaimValue::Name(EswitchInlineMode::None.to_string()));
    let encap = (Property::EswitchEncapMode, ClaimValue::Name(EswitchEncapMode::Basic.to_string()));
    let found = [
        address.pci().map(|_| autoprobe),
        row.eswitch.map(|_| mode),
        has_more.then_some(inline),
        has_more.then_some(encap),
    ];
    found.into_iter().flatten().collect()
}
