//! Holds claims against a fresh read, and waits for those that take time to become true.

use std::collections::BTreeSet;
use std::time::Duration;

use vfctl_model::ObjectRef;
use vfctl_plan::Lane;
use vfctl_port::{Claim, ClusterFacts, EdgeError, HostFacts, Phase, Scope, Verdict, What, World};

use crate::edges::Edges;
use crate::look::READ_LIMIT;
use crate::report::Unmet;

/// How long to wait between two reads.
const PAUSE: Duration = Duration::from_millis(100);

/// How long to wait between two reads of a cluster, which takes seconds to follow.
const CLUSTER_PAUSE: Duration = Duration::from_secs(1);

/// Returns what is read of a lane's scope to verify it.
fn what_of(scope: &Scope, lane: &Lane) -> What {
    match scope {
        Scope::Host(_) => lane.thing.pf().cloned().map_or(What::System, What::Pf),
        Scope::Cluster => What::Objects(objects_of(lane)),
    }
}

/// Returns the objects of the cluster that a lane works on, or has a claim about.
pub(crate) fn objects_of(lane: &Lane) -> BTreeSet<ObjectRef> {
    let steps = || lane.phases.iter().flat_map(|phase| &phase.steps);
    let of_steps = steps().flat_map(|step| step.requires.iter().chain(&step.awaits).chain(&step.ends));
    let claims = lane.basis.iter().chain(&lane.goal).chain(&lane.afterwards).chain(of_steps);
    let targets =
        steps().flat_map(|step| &step.changes).filter_map(|change| change.op.target.object().cloned());
    claims
        .filter_map(|claim| claim.subject.thing.object())
        .chain(targets)
        .chain(lane.thing.object())
        .collect()
}

/// What a wait has come to.
pub(crate) struct Settled<T> {
    /// What is not so.
    pub(crate) unmet: Vec<T>,
    /// The clock when the last read began.
    pub(crate) at: Duration,
}

/// Waits until all is so, by `unmet` of what was read, at most `patience`; returns what is not, or why nothing could be
/// read. The world is kept up to date with what was read.
pub(crate) fn settle<T>(
    edges: &Edges<'_>,
    scope: &Scope,
    lane: &Lane,
    world: &mut World,
    unmet: impl Fn(&World) -> Vec<T>,
    patience: Duration,
) -> Result<Settled<T>, EdgeError> {
    let deadline = edges.clock.now() + patience;
    loop {
        // The clock is asked before the read: a machine that slept past the deadline gets a last look.
        let at = edges.clock.now();
        // A cluster may take minutes: nobody who asks to stop waits for it.
        let gives_up = scope.host().is_none() && edges.clock.interrupted();
        let last_look = at >= deadline || gives_up;
        match edges.observe.observe(scope, &what_of(scope, lane), READ_LIMIT) {
            Ok(seen) => {
                world.learn(scope, seen);
                let unmet = unmet(world);
                if unmet.is_empty() || last_look {
                    return Ok(Settled { unmet, at });
                }
            }
            // An API server that is away for a moment may be back before the time is up.
            Err(error) if scope.host().is_some() || last_look => return Err(error),
            Err(_) => {}
        }
        edges.progress.waiting(&lane.title, deadline.saturating_sub(at));
        edges.clock.sleep(if scope.host().is_some() { PAUSE } else { CLUSTER_PAUSE });
    }
}

/// Returns what a lane needs to know of the world: all of its scope but other PFs, of which there may be dozens with
/// hundreds of VFs each, and every lane keeps a copy.
pub(crate) fn facts_of(before: &World, scope: &Scope, lane: &Lane) -> World {
    let mut world = World::empty();
    match scope.host().and_then(|host| Some((host, before.hosts.get(host)?))) {
        Some((name, HostFacts { system, physical_functions, links, pci_functions: _, record, unread })) => {
            let own = lane.thing.pf().and_then(|pf| physical_functions.get_key_value(pf));
            let facts = HostFacts {
                system: system.clone(),
                physical_functions: own.map(|(pf, facts)| (pf.clone(), facts.clone())).into_iter().collect(),
                links: links.clone(),
                // No claim is about them.
                pci_functions: None,
                record: record.clone(),
                unread: unread.clone(),
            };
            world.hosts.insert(name.clone(), facts);
        }
        None => {
            let wanted = objects_of(lane);
            world.cluster = before.cluster.as_ref().map(|cluster| ClusterFacts {
                version: cluster.version.clone(),
                objects: wanted
                    .iter()
                    .filter_map(|object| cluster.objects.get_key_value(object))
                    .map(|(object, facts)| (object.clone(), facts.clone()))
                    .collect(),
                undefined: cluster.undefined.clone(),
                unread: cluster.unread.clone(),
            });
        }
    }
    world
}

/// Returns the claims that do not hold.
pub(crate) fn unmet<'a>(
    world: &World,
    claims: impl IntoIterator<Item = &'a Claim>,
    phase: Option<Phase>,
) -> Vec<Unmet> {
    let judge = |claim: &Claim| match claim.check(world) {
        Verdict::Holds => None,
        Verdict::Broken { found } => Some(Unmet { phase, claim: claim.to_string(), found }),
        Verdict::Unknowable(why) => {
            Some(Unmet { phase, claim: claim.to_string(), found: format!("not known: {why}") })
        }
    };
    claims.into_iter().filter_map(judge).collect()
}
