//! Holds claims against a fresh read, and waits for those that take time to become true.

use std::time::Duration;

use vfctl_model::DeviceAddress;
use vfctl_plan::Lane;
use vfctl_port::{Claim, Clock, EdgeError, HostFacts, Observe, Phase, Verdict};

use crate::report::Unmet;

/// How long to wait between two reads.
const PAUSE: Duration = Duration::from_millis(100);

/// Waits until the claims hold on the PF, at most `settle`; returns those that do not, or why the PF could not be
/// read. The host's facts are kept up to date with what was read.
pub(crate) fn settle(
    observe: &dyn Observe,
    clock: &dyn Clock,
    host: &mut HostFacts,
    pf: &DeviceAddress,
    claims: &[&Claim],
    phase: Option<Phase>,
    settle: Duration,
) -> Result<Vec<Unmet>, EdgeError> {
    let deadline = clock.now() + settle;
    loop {
        // The clock is asked before the read: a machine that slept past the deadline gets a last look.
        let last_look = clock.now() >= deadline;
        refresh(observe, host, pf)?;
        let unmet = unmet(host, claims, phase);
        if unmet.is_empty() || last_look {
            return Ok(unmet);
        }
        clock.sleep(PAUSE);
    }
}

/// Reads the PF again into the host's facts; a PF that is gone leaves them.
fn refresh(observe: &dyn Observe, host: &mut HostFacts, pf: &DeviceAddress) -> Result<(), EdgeError> {
    let found = observe.observe_pf(pf)?;
    match found {
        Some(mut facts) => {
            // Who uses a VF, addresses and routes are looked at once, for the whole host.
            if let Some(before) = host.physical_functions.get(pf) {
                if let (Some(netdev), Some(before)) = (&mut facts.netdev, &before.netdev) {
                    netdev.addresses.clone_from(&before.addresses);
                    netdev.default_route = before.default_route;
                    netdev.uppers_elsewhere.clone_from(&before.uppers_elsewhere);
                }
                for (index, vf) in &mut facts.vfs {
                    if let Some(before) = before.vfs.get(index) {
                        vf.uses.clone_from(&before.uses);
                    }
                }
            }
            host.physical_functions.insert(pf.clone(), facts);
        }
        None => {
            host.physical_functions.remove(pf);
        }
    }
    Ok(())
}

/// Returns what a lane needs to know of the host: all but the other PFs, of which there may be dozens with
/// hundreds of VFs each, and every lane keeps a copy.
pub(crate) fn facts_of(before: &HostFacts, lane: &Lane) -> HostFacts {
    let HostFacts { system, physical_functions, links, record, unread } = before;
    let own = physical_functions.get(&lane.pf).map(|facts| (lane.pf.clone(), facts.clone()));
    HostFacts {
        system: system.clone(),
        physical_functions: own.into_iter().collect(),
        links: links.clone(),
        record: record.clone(),
        unread: unread.clone(),
    }
}

/// Returns the claims that do not hold.
pub(crate) fn unmet(host: &HostFacts, claims: &[&Claim], phase: Option<Phase>) -> Vec<Unmet> {
    let judge = |claim: &&Claim| match claim.check(host) {
        Verdict::Holds => None,
        Verdict::Broken { found } => Some(Unmet { phase, claim: claim.to_string(), found }),
        Verdict::Unknowable(why) => {
            Some(Unmet { phase, claim: claim.to_string(), found: format!("not known: {why}") })
        }
    };
    claims.iter().filter_map(judge).collect()
}
