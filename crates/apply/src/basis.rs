//! What a plan rests on, held against the world of now.

use std::collections::BTreeSet;

use vfctl_model::{ObjectKind, VfIndex};
use vfctl_plan::{Lane, Plan, ScopePlan};
use vfctl_port::{Claim, HostFacts, Property, Scope, Stage, StuckStore, Thing, Verdict, World};

use crate::verify::unmet;

/// Returns why the plan is stale: what it rests on that has changed; none where it is not.
pub fn broken_basis(plan: &Plan, world: &World) -> Vec<String> {
    let many = plan.scopes().count() > 1;
    let in_scope = |(scope, plan): (Scope, &ScopePlan)| {
        let broken = broken_in_scope(&scope, plan, world);
        broken.into_iter().map(move |broken| if many { format!("{scope}: {broken}") } else { broken })
    };
    plan.scopes().flat_map(in_scope).collect()
}

/// Returns what is said of something broken that a plan rests on.
pub(crate) fn stale(broken: &str) -> String {
    format!("plan is stale: {broken}; run plan again")
}

/// Returns what a lane rests on that has changed.
fn broken_in_lane(scope: &Scope, lane: &Lane, world: &World) -> Vec<String> {
    broken_but_for(scope, lane, world, |_| false)
}

/// Returns what a lane rests on that has changed since its plan began. A VF that has got the driver meanwhile which it is
/// to have in the end has got it from that plan: a module that an earlier stage loads takes every free VF. An object of the
/// cluster that another host has written meanwhile, and that contradicts nothing that is wanted, is no change either: hosts that
/// begin at once find the same things missing.
pub(crate) fn broken_meanwhile(scope: &Scope, lane: &Lane, world: &World) -> Vec<String> {
    let is_reached = |claim: &Claim| {
        let same = |goal: &&Claim| goal.subject == claim.subject && goal.property == claim.property;
        if claim.property == Property::Content {
            return lane.goal.iter().find(same).is_some_and(|goal| goal.agrees(world));
        }
        claim.property == Property::Driver
            && claim.check(world) != Verdict::Holds
            && lane.goal.iter().find(same).is_some_and(|goal| goal.check(world) == Verdict::Holds)
    };
    broken_but_for(scope, lane, world, is_reached)
}

fn broken_but_for(
    scope: &Scope,
    lane: &Lane,
    world: &World,
    is_forgiven: impl Fn(&Claim) -> bool,
) -> Vec<String> {
    let is_gone = |claim: &Claim| claim.check(world) == Verdict::Broken { found: "gone".to_owned() };
    if let Some(claim) =
        lane.basis.iter().find(|claim| claim.subject == lane.subject(scope) && is_gone(claim))
    {
        return vec![format!("expected {} ({}), found none", lane.title, claim.subject)];
    }
    let said = |claim: &Claim| {
        let more =
            if is_of_cluster(claim) { "; this is another cluster, or the node was made anew" } else { "" };
        let broken = unmet(world, [claim], None).into_iter();
        broken.map(move |unmet| format!("expected {}, found {}{more}", unmet.claim, unmet.found))
    };
    lane.basis.iter().filter(|claim| !is_forgiven(claim)).flat_map(said).collect()
}

/// Returns whether a claim says which cluster it is: by a node's uid.
fn is_of_cluster(claim: &Claim) -> bool {
    let is_node = matches!(&claim.subject.thing, Thing::Object(object) if object.kind() == ObjectKind::Node);
    is_node && claim.property == Property::Uid
}

fn broken_in_scope(scope: &Scope, plan: &ScopePlan, world: &World) -> Vec<String> {
    let in_lane = |(_, lane): (Stage, &Lane)| broken_in_lane(scope, lane, world);
    let mut broken: Vec<String> = plan.lanes().flat_map(in_lane).collect();
    // Lanes may rest on the same.
    let mut said = BTreeSet::new();
    broken.retain(|broken| said.insert(broken.clone()));
    let Some(host) = scope.host().and_then(|host| world.hosts.get(host)) else { return broken };
    let works = |lane: &Lane, stuck: &StuckStore| lane.steps().next().is_some() && is_of(stuck, lane, host);
    let in_the_way = |stuck: &&StuckStore| plan.lanes().any(|(_, lane)| works(lane, stuck));
    broken.extend(host.system.stuck_stores.iter().filter(in_the_way).map(|stuck| {
        format!(
            "expected no unfinished write, found pid {} blocked in the kernel, writing {}",
            stuck.pid, stuck.path
        )
    }));
    broken
}

/// Returns the writes that are blocked in the kernel and that neither the plan's problems name nor a stale plan: those on
/// devices where it does nothing.
pub fn stuck_elsewhere<'a>(plan: &ScopePlan, host: &'a HostFacts) -> Vec<&'a StuckStore> {
    let named = |lane: &Lane| lane.steps().next().is_some() || lane.findings.block();
    let lanes: Vec<&Lane> = plan.lanes().map(|(_, lane)| lane).filter(|lane| named(lane)).collect();
    let elsewhere = |stuck: &&StuckStore| !lanes.iter().any(|lane| is_of(stuck, lane, host));
    host.system.stuck_stores.iter().filter(elsewhere).collect()
}

/// Returns whether a store is one on the lane's PF or on a VF of it, also one whose place among the PF's VFs is all
/// that is left of it: whoever holds a device's lock holds up the removal of all.
fn is_of(stuck: &StuckStore, lane: &Lane, host: &HostFacts) -> bool {
    let Some(pf) = lane.thing.pf() else { return false };
    let is_vf = || {
        let facts = host.physical_functions.get(pf)?;
        let mut places = (0..facts.total_vfs.unwrap_or(0).max(facts.vf_count)).map(VfIndex);
        places.find(|vf| {
            let address = facts.vf_address(pf.pci(), *vf);
            address.is_some() && address == stuck.device.pci()
        })
    };
    stuck.device == *pf || is_vf().is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vfctl_port::{ClaimValue, Expect, Subject};

    use super::*;

    #[test]
    fn driver_that_came_with_a_module_is_no_change_where_it_is_the_one_in_the_goal() {
        let host: vfctl_model::HostName = "lab".parse().expect("a name");
        let scope = Scope::Host(host.clone());
        let facts = json!({
            "system": { "kernel": "6.12", "arguments": [], "iommu": { "groups": 0, "kinds": [] }, "modules": [] },
            "physicalFunctions": { "pci/0000:01:00.0": {
                "totalVfs": 7, "vfCount": 1, "vfs": { "0": { "driver": "igbvf", "attributes": {} } },
            } },
            "links": {},
        });
        let world = World::of_host(host, serde_json::from_value(facts).expect("facts"));
        let claim = |expect| {
            let thing: Thing = "pci/0000:01:00.0 vf 0".parse().expect("a VF");
            Claim { subject: Subject { scope: scope.clone(), thing }, property: Property::Driver, expect }
        };
        for (goal, broken) in [("igbvf", 0), ("vfio-pci", 1)] {
            let lane = json!({ "thing": "pci/0000:01:00.0", "title": "eth0", "heading": "eth0", "queue": 0,
                "phases": [] });
            let mut lane: Lane = serde_json::from_value(lane).expect("a lane");
            lane.basis.push(claim(Expect::Absent));
            lane.goal.push(claim(Expect::Is(ClaimValue::Name(goal.to_owned()))));
            assert_eq!(broken_in_lane(&scope, &lane, &world).len(), 1, "{goal}");
            assert_eq!(broken_meanwhile(&scope, &lane, &world).len(), broken, "{goal}");
        }
    }
}
