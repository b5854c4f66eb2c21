//! Brings steps into phases, and lanes into queues.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_kinds::step::Step;
use vfctl_model::{DeviceAddress, InterfaceName};
use vfctl_port::{Claim, ClaimValue, HostFacts, Phase, Property, Subject};

use crate::document::PhasePlan;

/// Brings steps into phases; within a phase they keep their order.
pub(crate) fn into_phases(steps: Vec<Step>) -> Vec<PhasePlan> {
    let mut phases: BTreeMap<Phase, Vec<Step>> = BTreeMap::new();
    for step in steps {
        phases.entry(step.phase).or_default().push(step);
    }
    phases.into_iter().map(|(phase, steps)| PhasePlan { phase, steps }).collect()
}

/// Gives each PF its queue: those that share a bond, a bridge, an Open vSwitch or the host's own path share one,
/// since two ports of one bond changed at once take the host off the net.
pub(crate) fn queues<'a>(
    host: &HostFacts,
    pfs: impl Iterator<Item = &'a DeviceAddress>,
) -> BTreeMap<DeviceAddress, u32> {
    let mut groups: Vec<(BTreeSet<Shared>, Vec<&DeviceAddress>)> = Vec::new();
    for pf in pfs {
        let mut group = (shared(host, pf), vec![pf]);
        // Whatever shares something with this PF is one group with it.
        for position in (0..groups.len()).rev() {
            let overlaps = groups.get(position).is_some_and(|(other, _)| !other.is_disjoint(&group.0));
            if overlaps {
                let (shared, members) = groups.remove(position);
                group.0.extend(shared);
                group.1.splice(0..0, members);
            }
        }
        groups.push(group);
    }
    let numbered = (0..).zip(groups);
    numbered
        .flat_map(|(queue, (_, members))| members.into_iter().map(move |pf| (pf.clone(), queue)))
        .collect()
}

/// Returns what must be true again before another PF of the queue is touched: a PF that shares a path with others and
/// has a carrier, and is not set down on purpose, has it again.
pub(crate) fn afterwards(host: &HostFacts, pf: &DeviceAddress, goal: &[Claim]) -> Vec<Claim> {
    let netdev = host.physical_functions.get(pf).and_then(|facts| facts.netdev.as_ref());
    let carries = netdev.is_some_and(|netdev| netdev.carrier) && !shared(host, pf).is_empty();
    let subject = || Subject::Pf(pf.clone());
    let set_down = Claim::is(subject(), Property::Up, ClaimValue::Flag(false));
    if !carries || goal.contains(&set_down) {
        return Vec::new();
    }
    vec![Claim::is(subject(), Property::Carrier, ClaimValue::Flag(true))]
}

/// What several PFs can have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    /// An interface that stands on them.
    Upper(InterfaceName),
    /// The way to this host: the default route, or the SSH connection.
    OwnPath,
}

/// Returns what a PF may have in common with others.
fn shared(host: &HostFacts, pf: &DeviceAddress) -> BTreeSet<Shared> {
    let netdev = host.physical_functions.get(pf).and_then(|facts| facts.netdev.as_ref());
    let Some(netdev) = netdev else { return BTreeSet::new() };
    let mut shared = BTreeSet::new();
    shared.extend(netdev.master.iter().map(|master| Shared::Upper(master.name.clone())));
    for name in host.standing_on(&netdev.name) {
        let upper = host.links.get(&name).filter(|_| name != netdev.name);
        let routes = upper.map_or(netdev.default_route, |link| link.default_route);
        if routes || host.system.ssh_interface.as_ref() == Some(&name) {
            shared.insert(Shared::OwnPath);
        }
        if upper.is_some() {
            shared.insert(Shared::Upper(name));
        }
    }
    shared
}
