//! Packets between VFs: those of one PF hear each other where they are in one VLAN and the PF has a carrier.

use std::time::Duration;

use vfctl_model::{InterfaceName, Reading, VfAttribute, VfValue};
use vfctl_port::{
    Bounds, EdgeError, HostFacts, Packets, PfFacts, TrafficSeen, TrafficTrial, TryTraffic, VfFacts,
};

use crate::host::SimHost;
use crate::scopes::SimScopes;

/// How many packets are sent.
const SENT: u32 = 3;

/// Returns what comes of a trial on a host.
fn seen(host: &HostFacts, trial: &TrafficTrial) -> Result<TrafficSeen, EdgeError> {
    let find = |name: &InterfaceName| {
        let vfs = host
            .physical_functions
            .iter()
            .flat_map(|(address, pf)| pf.vfs.values().map(move |vf| (address, pf, vf)));
        let is_its = |(_, _, vf): &(_, &PfFacts, &VfFacts)| {
            vf.netdev.as_ref().is_some_and(|netdev| netdev.name == *name)
        };
        vfs.into_iter().find(is_its).ok_or_else(|| EdgeError {
            attempt: format!("find the interface {name}"),
            cause: None,
            hint: None,
        })
    };
    let ends = trial.ends.iter().map(|(name, _)| find(name)).collect::<Result<Vec<_>, _>>()?;
    let has_carrier = |pf: &PfFacts| pf.netdev.as_ref().is_some_and(|netdev| netdev.carrier);
    let vlan = |pf: &PfFacts, vf: &VfFacts| match pf.attribute(vf, VfAttribute::Vlan) {
        Reading::Known(VfValue::Vlan(tag)) => tag.id.get(),
        _ => 0,
    };
    let tries = trial.tries.iter().map(|(from, to, _)| {
        let pair = ends.get(*from).zip(ends.get(*to));
        let hears = pair.is_some_and(|((one, pf, vf), (other, of_other, other_vf))| {
            one == other && has_carrier(pf) && vlan(pf, vf) == vlan(of_other, other_vf)
        });
        let received = if hears { SENT } else { 0 };
        let mean = if hears { Duration::from_millis(1) } else { Duration::ZERO };
        Packets { sent: SENT, received, mean }
    });
    Ok(TrafficSeen {
        carriers: ends.iter().map(|(_, pf, _)| has_carrier(pf)).collect(),
        tries: tries.collect(),
        troubles: Vec::new(),
    })
}

impl TryTraffic for SimHost {
    fn try_traffic(&self, trial: &TrafficTrial, _: Bounds<'_>) -> Result<TrafficSeen, EdgeError> {
        seen(&self.facts(), trial)
    }
}

/// On the first host that has the interfaces.
impl TryTraffic for SimScopes {
    fn try_traffic(&self, trial: &TrafficTrial, _: Bounds<'_>) -> Result<TrafficSeen, EdgeError> {
        let nothing =
            || EdgeError { attempt: "find a host with these interfaces".to_owned(), cause: None, hint: None };
        let world = self.world();
        world
            .hosts
            .values()
            .map(|host| seen(host, trial))
            .find(Result::is_ok)
            .unwrap_or_else(|| Err(nothing()))
    }
}
