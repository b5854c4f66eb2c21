//! Why a node does not offer a resource that its device plugin is configured for: the plugin does not run there, or has not looked
//! since. It reads its configuration and looks for devices when it starts, and never again (`NewResourceManager`,
//! sriov-network-device-plugin, cmd/sriovdp/manager.go).

use std::collections::BTreeMap;

use vfctl_model::{DevicePluginVersion, HostName, JsonValue, ObjectKind, ObjectName, ObjectRef};
use vfctl_port::{ObjectFacts, state_of_pod};

use super::chain::{BreakReason, PodLink, PodLinkKind};
use super::plugin_config::{Configured, configured};
use super::scene::{Scene, few};
use super::walk::{lacking, selector};
use crate::components::{ACTIVE, PAUSED, STATE_LABEL, declared_for_host};
use crate::document::Selection;
use crate::path::SpecPath;
use crate::pool::predict_config;

const LINK: PodLinkKind = PodLinkKind::Pool;

/// Returns why none of these nodes offers a resource that is configured for one of them; `None` where it is for none.
pub(super) fn why_not(
    scene: &Scene<'_>,
    resource: &str,
    nodes: &[(&ObjectName, &ObjectFacts)],
) -> Option<PodLink> {
    let all = configured(scene, resource);
    let on = |(node, facts): &(&ObjectName, &ObjectFacts)| {
        let own = all.iter().find(|one| one.is_for(node))?;
        Some(why_not_on(scene, resource, own, node, facts))
    };
    // A node whose plugin runs tells more than one that it was never meant for.
    nodes.iter().filter_map(on).min_by_key(|link| link.reason == Some(BreakReason::NodeLabelMissing))
}

fn why_not_on(
    scene: &Scene<'_>,
    resource: &str,
    own: &Configured<'_>,
    node: &ObjectName,
    facts: &ObjectFacts,
) -> PodLink {
    let map = own.map;
    if let Some(link) = label_missing(resource, own, node, facts) {
        return link;
    }
    let broken = |reason, found: String| PodLink::broken(LINK, resource, reason, found);
    let Some((set, _)) = own.set else {
        let found = format!("{map} has it, and no DaemonSet of a device plugin is in its namespace");
        return broken(BreakReason::PluginNotRunning, found).with_help(
            "install sriov-network-device-plugin, or have vfctl do it: `components.devicePlugin.managed`",
        );
    };
    if let Some(why) = scene.unread(ObjectKind::Pod) {
        return PodLink::unknown(LINK, resource, why).with_help("let vfctl list pods");
    }
    let Some((pod, pod_facts)) = pod_on(scene, set, node) else {
        let found = format!("{map} has it, and node {node} has no pod of {set}");
        return broken(BreakReason::PluginNotRunning, found).with_help(format!(
            "`kubectl describe {set}` shows why; node {node} may have a taint",
            set = in_kubectl(set)
        ));
    };
    let Some(started) = started_at(pod_facts) else {
        let found = format!("{map} has it, and {}", state_of_pod(pod, pod_facts));
        return broken(BreakReason::PluginNotRunning, found)
            .with_help(format!("`kubectl describe {}` shows why", in_kubectl(pod)));
    };
    let predicted = predicted(scene, own, node, resource);
    let changed = own.changed_at;
    let is_older = changed.is_some_and(|changed| changed > started);
    let log = format!("`kubectl logs {}` shows what it found", in_kubectl(pod));
    match (predicted, changed) {
        (Some(0), _) => {
            broken(BreakReason::PoolEmpty, format!("{map} has it, and no device of node {node} fits it"))
                .with_help(format!("`vfctl pools` on {node} shows what each device lacks; {log}"))
        }
        (None, Some(changed)) if !is_older => {
            let found = format!(
                "{pod} started at {started}, after {map} was changed at {changed}, and node {node} offers none of it"
            );
            broken(BreakReason::PoolEmpty, found).with_help(format!(
                "a plugin that has just started needs up to a minute: look again; after that no device fits, and `vfctl pools` \
                 on {node} shows what each lacks; {log}"
            ))
        }
        _ => {
            let when = match changed.filter(|_| is_older) {
                Some(changed) => format!("changed at {changed}, after {pod} had started at {started}"),
                None => format!("and {pod} runs since {started}"),
            };
            let would =
                predicted.map(|count| format!("a plugin that starts now finds {count} on node {node}"));
            let found = format!("{map} has it, {when}; node {node} does not offer it");
            broken(BreakReason::PluginNotRestarted, found)
                .with_details(
                    would
                        .into_iter()
                        .chain(["the plugin reads it, and looks for VFs, only when it starts".to_owned()]),
                )
                .with_help(restart(own, pod, node))
        }
    }
}

/// Returns the link of a node that lacks the label by which the plugin runs there.
fn label_missing(
    resource: &str,
    own: &Configured<'_>,
    node: &ObjectName,
    facts: &ObjectFacts,
) -> Option<PodLink> {
    let map = own.map;
    let broken = |reason, found: String| PodLink::broken(LINK, resource, reason, found);
    if own.is_ours {
        return match facts.label(STATE_LABEL) {
            Some(ACTIVE) => None,
            Some(PAUSED) => {
                let found =
                    format!("{map} has it, and node {node} is out of service ({STATE_LABEL}={PAUSED})");
                Some(broken(BreakReason::OutOfService, found).with_help(format!(
                    "`vfctl apply SPEC` on {node} finishes what was begun there and puts it back into service"
                )))
            }
            _ => {
                let found = format!(
                    "{map} has it, and node {node} has no label {STATE_LABEL}={ACTIVE}: the plugin does not run there"
                );
                Some(broken(BreakReason::NodeLabelMissing, found).with_help(format!(
                    "`vfctl apply SPEC` on {node} sets it, and so does `kubectl label node {node} {STATE_LABEL}={ACTIVE}`"
                )))
            }
        };
    }
    let (set, set_facts) = own.set?;
    let wanted = selector(set_facts.content.at(&["spec", "template", "spec", "nodeSelector"]));
    let missing = lacking(wanted.into_iter(), |key| facts.label(key));
    if missing.is_empty() {
        return None;
    }
    let labels = missing.join(" ");
    let found = format!("{map} has it, and node {node} has no label {labels}, so {set} does not run there");
    Some(
        broken(BreakReason::NodeLabelMissing, found)
            .with_help(format!("`kubectl label node {node} {labels}`")),
    )
}

/// Returns how a plugin is started anew.
fn restart(own: &Configured<'_>, pod: &ObjectRef, node: &ObjectName) -> String {
    let delete = format!("`kubectl delete {}`", in_kubectl(pod));
    if own.is_ours {
        format!("`vfctl apply SPEC` on {node} restarts it, and so does {delete}")
    } else {
        format!("restart it: {delete}")
    }
}

/// Returns an object as kubectl takes it.
fn in_kubectl(object: &ObjectRef) -> String {
    match object.namespace() {
        Some(namespace) => format!("-n {namespace} {} {}", object.kind(), object.name()),
        None => object.to_string(),
    }
}

fn pod_on<'a>(
    scene: &Scene<'a>,
    set: &ObjectRef,
    node: &ObjectName,
) -> Option<(&'a ObjectRef, &'a ObjectFacts)> {
    let owner = format!("DaemonSet {}", set.name());
    let mut pods = scene.cluster.of_kind(ObjectKind::Pod);
    pods.find(|(pod, facts)| {
        pod.namespace() == set.namespace()
            && facts.node_name() == Some(node.as_str())
            && facts.owners.contains(&owner)
            && !facts.is_going
    })
}

/// Returns since when a pod's containers run; `None` where one does not.
fn started_at(pod: &ObjectFacts) -> Option<&str> {
    let statuses = pod.content.at(&["status", "containerStatuses"])?.members();
    let started = statuses.iter().map(|status| status.at(&["state", "running", "startedAt"])?.text());
    started.collect::<Option<Vec<&str>>>()?.into_iter().max()
}

/// Returns how many devices a plugin finds that starts now; `None` where the facts do not tell.
fn predicted(scene: &Scene<'_>, own: &Configured<'_>, node: &ObjectName, resource: &str) -> Option<u64> {
    let host = scene.host_of(node.as_str())?;
    let declared = declared_for_host(scene.documents).version;
    let version = declared.max(DevicePluginVersion::OLDEST);
    let pools = predict_config(&own.config, version, host).pools.ok()?;
    let pool = pools.iter().find(|pool| pool.resource == resource)?;
    if pool.dropped.is_some() {
        return Some(0);
    }
    let is_known = pool.perhaps.is_empty() && pool.perhaps_more.is_none();
    u64::try_from(pool.takes.len()).ok().filter(|_| is_known)
}

/// Returns the link of a node whose plugin would find more devices than it offers, if it started now.
pub(super) fn finds_more(
    scene: &Scene<'_>,
    node: &ObjectName,
    resource: &str,
    offered: u64,
) -> Option<PodLink> {
    let all = configured(scene, resource);
    let own = all.iter().find(|one| one.is_for(node))?;
    let count = predicted(scene, own, node, resource).filter(|count| *count > offered)?;
    let (pod, _) = pod_on(scene, own.set?.0, node)?;
    let found = format!(
        "node {node} offers {offered}, and a plugin that starts now finds {count}: VFs came since it started"
    );
    let link = PodLink::broken(PodLinkKind::Allocatable, resource, BreakReason::PluginNotRestarted, found);
    Some(link.with_help(restart(own, pod, node)))
}

/// Returns the link of a resource that a document has, and that no node was given yet.
pub(super) fn not_applied(
    scene: &Scene<'_>,
    resource: &str,
    nodes: &[(&ObjectName, &ObjectFacts)],
) -> Option<PodLink> {
    let has_pool = |one: &&crate::document::PlacedDocument<'_>| {
        one.config.spec.pools.iter().any(|pool| pool.resource.to_string() == resource)
    };
    let document = scene.documents.iter().find(has_pool)?;
    let name = &document.config.metadata.name;
    let mut meant: Vec<&ObjectName> = Vec::new();
    for (node, facts) in nodes {
        let host = facts.label("kubernetes.io/hostname").unwrap_or(node.as_str()).parse::<HostName>().ok()?;
        let one = [*document];
        let selection = Selection::of(&one, &host, Some(scene.cluster));
        if !selection.documents.is_empty() {
            meant.push(node);
        }
    }
    if meant.is_empty() {
        let origin = (document.place)(&SpecPath::spec().key("nodes"));
        let found = format!(
            "document {name} has its pool, and `nodes` ({origin}) select no node that the pod may be on"
        );
        return Some(PodLink::broken(LINK, resource, BreakReason::NodeLabelMissing, found).with_help(
            "set the label that `nodes` asks for on a node (`kubectl label node NODE …`), or correct `nodes`",
        ));
    }
    let found = format!("document {name} has its pool, and was not applied on {}", few(&meant));
    let help = "run `vfctl apply SPEC` on that node";
    Some(PodLink::broken(LINK, resource, BreakReason::NotApplied, found).with_help(help))
}

/// Returns of which VFs documents make the pool of a resource, a line for each entry.
pub(super) fn in_documents(scene: &Scene<'_>, resource: &str) -> Vec<String> {
    let mut found = Vec::new();
    for document in scene.documents {
        let pools = document.config.spec.pools.iter().enumerate();
        for (position, pool) in pools.filter(|(_, pool)| pool.resource.to_string() == resource) {
            let origin = (document.place)(&SpecPath::spec().key("pools").index(position));
            let from = pool.from.iter().map(|reference| {
                let vfs = reference.vfs.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string);
                format!("vf {vfs} of `{}`", reference.physical_function)
            });
            let from: Vec<String> = from.collect();
            let made = if from.is_empty() { "devices by its selectors".to_owned() } else { from.join(", ") };
            found.push(format!("document {} makes it of {made}, at {origin}", document.config.metadata.name));
        }
    }
    found
}

/// Returns which configurations were not read, a line each.
pub(super) fn config_unread(scene: &Scene<'_>) -> Vec<String> {
    [ObjectKind::ConfigMap, ObjectKind::DaemonSet].iter().filter_map(|kind| scene.unread(*kind)).collect()
}

/// Returns the VFs that a node's host offers of a resource, a line for each PF and driver; none where that host is not at hand.
pub(super) fn devices(scene: &Scene<'_>, node: &ObjectName, resource: &str) -> Vec<String> {
    let Some(host) = scene.host_of(node.as_str()) else { return Vec::new() };
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (address, pf) in &host.physical_functions {
        let port = pf.title(address);
        for (index, vf) in pf.vfs.iter().filter(|(_, vf)| vf.offered_as.as_deref() == Some(resource)) {
            let driver = vf
                .driver
                .as_ref()
                .map_or_else(|| "no driver".to_owned(), |driver| format!("driver {driver}"));
            found.entry((port.clone(), driver)).or_default().push(index.to_string());
        }
    }
    let line = |((port, driver), vfs): ((String, String), Vec<String>)| {
        format!("node {node}: vf {} of {port}, {driver}", vfs.join(", "))
    };
    found.into_iter().map(line).collect()
}

/// Returns whether the cluster has multus, as far as its DaemonSets tell.
pub(super) fn has_multus(scene: &Scene<'_>) -> bool {
    let mut sets = scene.cluster.of_kind(ObjectKind::DaemonSet);
    sets.any(|(set, facts)| {
        let containers = facts.content.at(&["spec", "template", "spec", "containers"]);
        let containers = containers.map_or(&[][..], JsonValue::members).iter();
        let images = containers.filter_map(|container| container.field("image")?.text());
        images.chain([set.name().as_str()]).any(|text| text.contains("multus"))
    })
}
