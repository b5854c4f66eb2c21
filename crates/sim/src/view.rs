//! What a reader sees of the world now: facts without what has not settled or is elsewhere.

use std::time::Duration;

use vfctl_model::{AttributeMap, InterfaceName, MacAddress, RawReading, Toggle, VfAttribute, VfValue};
use vfctl_port::{HostFacts, PfFacts, Use, VfFacts};

use crate::drivers::{DriverRules, LinkNow, row_of};
use crate::world::{HiddenPf, HiddenVf, SimWorld};

/// Returns the host as it shows now.
pub(crate) fn host(world: &SimWorld) -> HostFacts {
    let mut seen = world.facts.clone();
    for (address, facts) in &mut seen.physical_functions {
        if let Some(hidden) = world.hidden.get(address) {
            *facts = pf(facts, hidden, world.now);
        }
    }
    add_uppers(&mut seen);
    seen
}

/// Gives each VF a use for every interface that stands on its own, but for the one it is a port of.
fn add_uppers(seen: &mut HostFacts) {
    let vfs = || seen.physical_functions.values().flat_map(|pf| pf.vfs.values());
    let found: Vec<Vec<Use>> = vfs().map(|vf| uppers_of(seen, vf)).collect();
    let vfs = seen.physical_functions.values_mut().flat_map(|pf| pf.vfs.values_mut());
    for (vf, uppers) in vfs.zip(found) {
        // Recorded facts may have some that are gone meanwhile.
        vf.uses.retain(|one| !matches!(one, Use::StandsOn { .. }));
        if !uppers.is_empty() {
            vf.uses.extend(uppers);
            vf.uses.sort();
        }
    }
}

fn uppers_of(seen: &HostFacts, vf: &VfFacts) -> Vec<Use> {
    let Some(netdev) = &vf.netdev else { return Vec::new() };
    let is_master = |upper: &InterfaceName| {
        vf.uses.iter().any(|one| matches!(one, Use::Port { master } if master.name == *upper))
    };
    let stack = seen.standing_on(&netdev.name);
    let uppers = stack.into_iter().filter(|upper| *upper != netdev.name && !is_master(upper));
    let uses = uppers.filter_map(|upper| {
        let kind = seen.links.get(&upper)?.kind.clone();
        Some(Use::StandsOn { upper, kind, namespace: None })
    });
    uses.collect()
}

/// Returns a PF as it shows at this time.
pub(crate) fn pf(facts: &PfFacts, hidden: &HiddenPf, now: Duration) -> PfFacts {
    let mut seen = facts.clone();
    let row = row_of(facts.driver.as_ref());
    let link = link(facts, hidden, now);
    if let Some(netdev) = &mut seen.netdev {
        netdev.carrier = link.carrier;
        netdev.speed = hidden.speed.filter(|_| link.carrier);
    }
    seen.vfs.retain(|index, _| hidden.vfs.get(index).is_none_or(|vf| vf.linked_from <= now));
    let missing = facts.vfs.len().saturating_sub(seen.vfs.len());
    seen.vf_count = facts.vf_count.saturating_sub(u16::try_from(missing).unwrap_or(u16::MAX));
    for (index, facts) in &mut seen.vfs {
        if let Some(hidden) = hidden.vfs.get(index) {
            vf(facts, hidden, row, now);
        }
        if seen.netdev.is_none() {
            facts.attributes = AttributeMap::default();
        }
    }
    seen
}

/// Takes from a VF's facts what does not show at this time.
fn vf(seen: &mut VfFacts, hidden: &HiddenVf, row: &DriverRules, now: Duration) {
    if hidden.driver_from > now {
        seen.driver = None;
        let chosen_by_driver = hidden.admin_mac.is_none() && row.vf_netdev;
        if let (true, Some(RawReading::Value(VfValue::Mac(mac)))) =
            (chosen_by_driver, seen.attributes.0.get_mut(VfAttribute::MacAddress))
        {
            *mac = MacAddress::ZERO;
        }
    }
    if hidden.driver_from > now || hidden.netdev_from > now || seen.is_in_other_namespace() {
        seen.netdev = None;
    }
}

/// Returns the PF's link at this time.
pub(crate) fn link(pf: &PfFacts, hidden: &HiddenPf, now: Duration) -> LinkNow {
    let up = pf.netdev.as_ref().is_some_and(|netdev| netdev.up);
    let carrier = up && hidden.link == Toggle::On && hidden.carrier_from <= now;
    LinkNow { carrier, speed: hidden.speed.filter(|_| carrier).unwrap_or(0) }
}
