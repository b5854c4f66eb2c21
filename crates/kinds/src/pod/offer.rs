//! The links of a resource: which nodes offer it, and whether one of them has enough left for the pod.

use super::chain::{BreakReason, PodLink, PodLinkKind};
use super::node_choice::{candidates, selection_of};
use super::plugin;
use super::requests::{Holding, holdings};
use super::scene::{Scene, few, offered};
use super::walk::{offered_resources, offered_text, short};
use crate::suggest::did_you_mean;
use vfctl_model::{ObjectKind, ObjectName};

/// What a node has of a resource.
struct Supply<'a> {
    node: &'a ObjectName,
    offered: u64,
    used: u64,
    holdings: Vec<Holding<'a>>,
}

impl Supply<'_> {
    fn free(&self) -> u64 {
        self.offered.saturating_sub(self.used)
    }
}

/// Checks that there are devices of a resource for the pod.
pub(super) fn check(scene: &Scene<'_>, resource: &str, wanted: u64, links: &mut Vec<PodLink>) {
    let Some(supplies) = pool(scene, resource, links) else { return };
    links.push(allocatable(scene, resource, wanted, &supplies));
}

/// Checks that nodes offer a resource that the pod does not request, although it needs it.
pub(super) fn check_supply(scene: &Scene<'_>, resource: &str, links: &mut Vec<PodLink>) {
    pool(scene, resource, links);
}

/// Adds the link of the pool; returns what the nodes have that the pod may be on, where they have any.
fn pool<'a>(scene: &Scene<'a>, resource: &str, links: &mut Vec<PodLink>) -> Option<Vec<Supply<'a>>> {
    let link = PodLinkKind::Pool;
    if let Some(why) = scene.unread(ObjectKind::Node) {
        links.push(
            PodLink::unknown(link, resource, why)
                .with_help("let vfctl list nodes (`vfctl rbac read` prints the rights)"),
        );
        return None;
    }
    let candidates = candidates(scene);
    let mut supplies: Vec<Supply<'_>> = Vec::new();
    let mut known_empty: Vec<&ObjectName> = Vec::new();
    for (node, facts) in &candidates {
        match offered(facts, resource) {
            Some(0) => known_empty.push(node),
            Some(offered) => {
                let holdings = holdings(scene.cluster, node.as_str(), resource, scene.pod);
                let used = holdings.iter().map(|holding| holding.count).sum();
                supplies.push(Supply { node, offered, used, holdings });
            }
            None => {}
        }
    }
    if !supplies.is_empty() {
        let nodes: Vec<String> =
            supplies.iter().map(|supply| format!("{} ({})", supply.node, supply.offered)).collect();
        let devices = supplies.iter().flat_map(|supply| plugin::devices(scene, supply.node, resource));
        let details = plugin::in_documents(scene, resource).into_iter().chain(devices);
        links.push(
            PodLink::holds(link, resource, format!("offered by {}", few(&nodes))).with_details(details),
        );
        return Some(supplies);
    }
    links.push(
        not_offered(scene, resource, &candidates, &known_empty)
            .with_details(plugin::in_documents(scene, resource)),
    );
    None
}

/// Returns the link of a resource that no node has which the pod may be on.
fn not_offered(
    scene: &Scene<'_>,
    resource: &str,
    candidates: &[(&ObjectName, &vfctl_port::ObjectFacts)],
    known_empty: &[&ObjectName],
) -> PodLink {
    let link = PodLinkKind::Pool;
    let elsewhere: Vec<&ObjectName> = scene
        .nodes()
        .filter(|(_, facts)| offered(facts, resource).is_some_and(|count| count > 0))
        .map(|(node, _)| node)
        .collect();
    let is_kept_away = candidates.is_empty() && !elsewhere.is_empty();
    // Where the pod may be on no node at all, each tells what is the matter with the pool.
    let all: Vec<_> = scene.nodes().collect();
    let candidates = if candidates.is_empty() { &all } else { candidates };
    if let Some(broken) = plugin::why_not(scene, resource, candidates).filter(|_| !is_kept_away) {
        return broken;
    }
    if let Some(first) = elsewhere.first() {
        let (selection, field) = selection_of(scene, first);
        let found = match scene.node_name() {
            Some(node) => {
                format!("node {node}, which the pod is bound to, does not offer it; {} does", few(&elsewhere))
            }
            None => format!("{} offers it, and the pod may not be on it: {selection}", few(&elsewhere)),
        };
        let help = match scene.node_name() {
            Some(_) => {
                "let the scheduler choose the node (remove `nodeName`), or make the pool on this node too"
                    .to_owned()
            }
            None => format!(
                "set the label on a node that offers it (`kubectl label node {first} …`), or correct the pod's `{field}`"
            ),
        };
        return PodLink::broken(link, resource, BreakReason::NodeLabelMissing, found).with_help(help);
    }
    if !known_empty.is_empty() {
        let found = format!(
            "{} knows it and offers 0: its device plugin has stopped, or has no device left",
            few(known_empty)
        );
        return PodLink::broken(link, resource, BreakReason::PoolEmpty, found)
            .with_help("look at the device plugin's pod on that node; `vfctl pools SPEC` there shows which VFs fit the pool");
    }
    if let Some(broken) = plugin::not_applied(scene, resource, candidates) {
        return broken;
    }
    let names = offered_resources(scene);
    let near: Vec<&str> = names.iter().map(String::as_str).collect();
    let help = match did_you_mean(resource, &near) {
        Some(name) => format!("did you mean `{name}`? Correct the network's annotation and the pod's request"),
        None => "add a pool with this resource to a spec and apply it on a node, or correct the network's annotation".to_owned(),
    };
    let details = plugin::config_unread(scene);
    let found =
        format!("no node offers it, and no device plugin's configuration has it; {}", offered_text(&names));
    PodLink::broken(link, resource, BreakReason::NoSuchResource, found).with_details(details).with_help(help)
}

/// Returns the link of what is left of a resource.
fn allocatable(scene: &Scene<'_>, resource: &str, wanted: u64, supplies: &[Supply<'_>]) -> PodLink {
    let link = PodLinkKind::Allocatable;
    if let (true, [supply]) = (scene.is_running(), supplies) {
        let Supply { node, offered, used, holdings: _ } = supply;
        let all = used.saturating_add(wanted);
        if all > *offered {
            let found = format!(
                "node {node} offers {offered}, and pods there have {all}: VFs that pods were given may be gone"
            );
            return PodLink::unknown(link, resource, found).with_help(format!(
                "run `vfctl explain pod` on {node}, where the VFs themselves are looked at"
            ));
        }
        return PodLink::holds(
            link,
            resource,
            format!("node {node} offers {offered}, and the pod has {wanted} of them"),
        );
    }
    if let Some(why) = scene.unread(ObjectKind::Pod) {
        return PodLink::unknown(link, resource, why);
    }
    if let Some(supply) = supplies.iter().find(|supply| supply.free() >= wanted) {
        let found = format!(
            "node {} has {} of {} free, and the pod requests {wanted}",
            supply.node,
            supply.free(),
            supply.offered
        );
        return PodLink::holds(link, resource, found);
    }
    let best = supplies.iter().max_by_key(|supply| supply.free());
    let most = supplies.iter().map(|supply| supply.offered).max().unwrap_or_default();
    if let Some(broken) =
        supplies.iter().find_map(|supply| plugin::finds_more(scene, supply.node, resource, supply.offered))
    {
        return broken;
    }
    if most < wanted {
        let found =
            format!("the pod requests {wanted}, and no node that it may be on offers more than {most}");
        return PodLink::broken(link, resource, BreakReason::PoolEmpty, found)
            .with_help("request fewer, or make the pool larger: `vfs.count` and `pools` of the spec");
    }
    let details = supplies.iter().flat_map(|supply| {
        supply.holdings.iter().map(|Holding { pod, count, is_going }| {
            let going = if *is_going { ", and is being deleted" } else { "" };
            format!("pod {} has {count} on node {}{going}", short(pod), supply.node)
        })
    });
    let details: Vec<String> = details.take(MOST_USERS).collect();
    let (free, node) = best.map_or((0, String::new()), |supply| (supply.free(), supply.node.to_string()));
    let found = match free {
        0 => format!(
            "all are used: {}",
            supplies
                .iter()
                .map(|one| format!("{} of {} on node {}", one.used.min(one.offered), one.offered, one.node))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        free => format!("the pod requests {wanted}, and node {node} has the most left, {free}"),
    };
    PodLink::broken(link, resource, BreakReason::PoolEmpty, found)
        .with_details(details)
        .with_help("end a pod that has one, or make the pool larger: `vfs.count` and `pools` of the spec")
}

/// How many pods are named that use a pool.
const MOST_USERS: usize = 16;
