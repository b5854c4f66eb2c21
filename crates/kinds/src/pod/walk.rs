//! The walk itself: which link follows which, and where it ends.

use vfctl_model::{JsonValue, ObjectKind, ObjectRef};
use vfctl_port::{ClusterFacts, World};

use super::chain::{BreakReason, PodChain, PodLink, PodLinkKind};
use super::network::{self, Asked};
use super::requests::requested;
use super::scene::{Scene, few};
use super::{admission, attachment, node_choice, offer, vf};
use crate::document::PlacedDocument;
use crate::suggest::did_you_mean;

/// Walks the chain from a pod to its VFs.
pub fn walk(world: &World, documents: &[PlacedDocument<'_>], pod: &ObjectRef) -> PodChain {
    let none = ClusterFacts::default();
    let cluster = world.cluster.as_ref().unwrap_or(&none);
    let Some(facts) = cluster.objects.get(pod) else {
        return PodChain::of(pod, None, vec![absent(cluster, pod)]);
    };
    let scene = Scene { world, cluster, pod, facts, documents };
    let node = scene.node_name().and_then(|name| name.parse().ok());
    PodChain::of(pod, node, links(&scene))
}

/// Returns the link of a pod that is not there.
fn absent(cluster: &ClusterFacts, pod: &ObjectRef) -> PodLink {
    let (link, about) = (PodLinkKind::Pod, short(pod));
    if let Some(why) = cluster.unread.get(&ObjectKind::Pod) {
        return PodLink::unknown(link, about, format!("pods were not read: {why}"))
            .with_help("let vfctl get and list pods (`vfctl rbac read` prints the rights)");
    }
    let others: Vec<&ObjectRef> = cluster.of_kind(ObjectKind::Pod).map(|(other, _)| other).collect();
    let same = others.iter().find(|other| other.name() == pod.name());
    let near: Vec<&str> = others
        .iter()
        .filter(|other| other.namespace() == pod.namespace())
        .map(|other| other.name().as_str())
        .collect();
    let help = match (did_you_mean(pod.name().as_str(), &near), same) {
        (_, Some(same)) => format!("did you mean `{}`?", short(same)),
        (Some(name), None) => {
            let namespace = pod.namespace().map(ToString::to_string).unwrap_or_default();
            format!("did you mean `{namespace}/{name}`?")
        }
        (None, None) => {
            "check namespace and name with `kubectl get pods -A`; what was recorded has only pods with \
                         networks or devices"
                .to_owned()
        }
    };
    PodLink::broken(link, about, BreakReason::NoSuchPod, "the cluster has no pod of this name")
        .with_help(help)
}

/// Returns an object without its kind.
pub(super) fn short(object: &ObjectRef) -> String {
    match object.namespace() {
        Some(namespace) => format!("{namespace}/{}", object.name()),
        None => object.name().to_string(),
    }
}

fn links(scene: &Scene<'_>) -> Vec<PodLink> {
    let phase = scene.phase();
    let about = short(scene.pod);
    if scene.facts.is_going {
        let found =
            format!("it was told to end and has not yet (phase {phase}); it keeps its VFs until then");
        let help = "wait for it to end; `kubectl describe pod` shows what keeps it, such as a finalizer or a node that \
                    does not answer";
        let warnings = scene.warnings();
        let details = warnings.iter().take(2).map(|one| format!("{}: {}", one.reason, one.message));
        return vec![
            PodLink::broken(PodLinkKind::Pod, about, BreakReason::Terminating, found)
                .with_details(details)
                .with_help(help),
        ];
    }
    if phase == "Succeeded" {
        let found = "its containers have ended well, and its VFs are free again";
        return vec![
            PodLink::broken(PodLinkKind::Pod, about, BreakReason::Ended, found)
                .with_help("start it again if it is to have VFs"),
        ];
    }
    let mut links = vec![PodLink::holds(PodLinkKind::Pod, about.clone(), format!("it is {phase}"))];
    let asked = network::annotation(scene, &mut links);
    let requests = requested(scene.facts);
    if asked.as_ref().is_some_and(Vec::is_empty) && requests.is_empty() {
        let found = "it names no networks and requests no resource of a device plugin";
        links.push(
            PodLink::broken(PodLinkKind::Request, "VFs", BreakReason::NothingRequested, found).with_help(
                "add the annotation and the requests that `vfctl pod -f SPEC NETWORK` prints, and create the pod again",
            ),
        );
    }
    let mut asked: Vec<Asked> = asked.unwrap_or_default();
    if scene.is_on_host_network() && !asked.is_empty() {
        let found = "`hostNetwork: true`: the kubelet calls no CNI plugin for it, and none of its networks is ever attached";
        links.push(
            PodLink::broken(PodLinkKind::Attachment, about, BreakReason::HostNetwork, found).with_help(
                "remove `hostNetwork` from the pod, or its networks and their requests, and create it again",
            ),
        );
        asked.clear();
    }
    let needs = network::check(scene, &asked, &requests, &mut links);
    for (resource, count) in &requests {
        offer::check(scene, resource, *count, &mut links);
    }
    // What the pod does not request is looked at all the same: the request alone would not help where nobody offers it.
    for resource in needs.iter().filter(|resource| !requests.contains_key(*resource)) {
        offer::check_supply(scene, resource, &mut links);
    }
    node_choice::check(scene, &mut links);
    if admission::check(scene, &mut links) {
        attachment::check(scene, &asked, &mut links);
    }
    if scene.is_running() {
        vf::check(scene, &asked, &requests, &mut links);
    }
    links
}

/// Returns the labels that a pod's node must have by its `nodeSelector`, and that a node lacks.
pub(super) fn lacking<'a>(
    wanted: impl Iterator<Item = (&'a str, &'a str)>,
    label: impl Fn(&str) -> Option<&'a str>,
) -> Vec<String> {
    let lacking = wanted.filter(|(key, value)| label(key) != Some(*value));
    lacking
        .map(|(key, value)| if value.is_empty() { key.to_owned() } else { format!("{key}={value}") })
        .collect()
}

/// Returns the labels that a `nodeSelector` asks for.
pub(super) fn selector(value: Option<&JsonValue>) -> Vec<(&str, &str)> {
    let fields = value.into_iter().flat_map(JsonValue::fields);
    fields.filter_map(|(key, value)| Some((key, value.text()?))).collect()
}

/// Returns the names of what the cluster's nodes offer by device plugins.
pub(super) fn offered_resources(scene: &Scene<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (_, node) in scene.nodes() {
        let known = node.content.at(&["status", "allocatable"]).into_iter().flat_map(JsonValue::fields);
        names.extend(known.filter(|(name, _)| name.contains('/')).map(|(name, _)| name.to_owned()));
    }
    names.sort();
    names.dedup();
    names
}

/// Returns what is offered, for people.
pub(super) fn offered_text(names: &[String]) -> String {
    if names.is_empty() {
        "nodes offer no such resources".to_owned()
    } else {
        format!("nodes offer {}", few(names))
    }
}
