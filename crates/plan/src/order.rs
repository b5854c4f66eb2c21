//! Brings steps into phases, and lanes into queues.

use std::collections::BTreeMap;

use vfctl_kinds::step::Step;
use vfctl_model::{DeviceAddress, InterfaceName};
use vfctl_port::{HostFacts, Phase};

use crate::document::PhasePlan;

/// Brings steps into phases; within a phase they keep their order.
pub(crate) fn into_phases(steps: Vec<Step>) -> Vec<PhasePlan> {
    let mut phases: BTreeMap<Phase, Vec<Step>> = BTreeMap::new();
    for step in steps {
        phases.entry(step.phase).or_default().push(step);
    }
    phases.into_iter().map(|(phase, steps)| PhasePlan { phase, steps }).collect()
}

/// Gives each PF its queue: those that share a bond, a bridge or the host's own path share one, since two ports
/// of one bond changed at once take the host off the net.
pub(crate) fn queues<'a>(
    host: &HostFacts,
    pfs: impl Iterator<Item = &'a DeviceAddress>,
) -> BTreeMap<DeviceAddress, u32> {
    let mut shared: BTreeMap<Vec<InterfaceName>, u32> = BTreeMap::new();
    let mut queues = BTreeMap::new();
    let mut next = 0;
    for pf in pfs {
        let queue = match shared_path(host, pf) {
            Some(path) => *shared.entry(path).or_insert(next),
            None => next,
        };
        if queue == next {
            next += 1;
        }
        queues.insert(pf.clone(), queue);
    }
    queues
}

/// Returns the bonds and bridges that stand on a PF; a PF that carries the default route or the SSH connection
/// by itself has the host's own path, which is one for all such PFs.
fn shared_path(host: &HostFacts, pf: &DeviceAddress) -> Option<Vec<InterfaceName>> {
    let netdev = host.physical_functions.get(pf)?.netdev.as_ref()?;
    let mut uppers: Vec<InterfaceName> = host
        .standing_on(&netdev.name)
        .into_iter()
        .filter(|name| {
            host.links.get(name).is_some_and(|link| matches!(link.kind.as_str(), "bond" | "bridge" | "team"))
        })
        .collect();
    uppers.sort();
    let own_path = netdev.default_route || host.system.ssh_interface.as_ref() == Some(&netdev.name);
    if uppers.is_empty() && !own_path { None } else { Some(uppers) }
}
