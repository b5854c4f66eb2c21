//! Which objects of a cluster vfctl has a use for: those that have to do with device plugins and networks.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{DEVICE_PLUGIN_NAME, JsonValue, OWNER_LABEL, ObjectKind, ObjectRef, PART_DEFINITIONS};
use vfctl_port::ObjectFacts;

/// The annotation in which multus writes which networks a pod has.
const NETWORK_STATUS: &str = "k8s.v1.cni.cncf.io/network-status";
/// The annotations by which a pod asks for networks of multus.
const NETWORKS: [&str; 2] = ["k8s.v1.cni.cncf.io/networks", "v1.multus-cni.io/default-network"];
/// How many events of one pod are kept, the newest.
const EVENTS_OF_POD: usize = 8;
/// Words in names and images of DaemonSets that have to do with device plugins and networks of VFs.
const WORDS: &[&str] = &[
    "device-plugin",
    "deviceplugin",
    "sriovdp",
    "sriov",
    "multus",
    "whereabouts",
    "rdma-shared",
    "network-resources-injector",
];
/// The key in a device plugin's configuration by which it is known.
const RESOURCE_LIST: &str = "resourceList";

/// Which objects of a kind the API server is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All.
    All,
    /// Those with vfctl's label.
    Owned,
    /// The one of this name, whoever made it.
    Named(&'static str),
    /// Of events, the warnings about pods.
    WarningsOfPods,
}

/// Returns which objects of a kind are asked for, list by list.
pub(crate) fn asked(kind: ObjectKind) -> &'static [Asked] {
    match kind {
        ObjectKind::ConfigMap => &[Asked::Owned, Asked::Named(DEVICE_PLUGIN_NAME)],
        ObjectKind::ServiceAccount | ObjectKind::ClusterRole | ObjectKind::ClusterRoleBinding => {
            &[Asked::Owned]
        }
        // Of all others a cluster has many, and they are large.
        ObjectKind::CustomResourceDefinition => {
            const NAMED: [Asked; PART_DEFINITIONS.len()] = {
                let [a, b, c, d] = PART_DEFINITIONS;
                [Asked::Named(a), Asked::Named(b), Asked::Named(c), Asked::Named(d)]
            };
            &NAMED
        }
        ObjectKind::Event => &[Asked::WarningsOfPods],
        ObjectKind::Node
        | ObjectKind::Pod
        | ObjectKind::DaemonSet
        | ObjectKind::NetworkAttachmentDefinition
        | ObjectKind::SriovNetworkNodePolicy => &[Asked::All],
    }
}

/// Returns the label selector of vfctl's own objects.
pub(crate) fn owned() -> String {
    let (name, value) = OWNER_LABEL;
    format!("{name}={value}")
}

/// Returns the field selector of objects with a name.
pub(crate) fn named(name: &str) -> String {
    format!("metadata.name={name}")
}

/// Returns the field selector of warnings about pods.
pub(crate) fn warnings_of_pods() -> String {
    "involvedObject.kind=Pod,type=Warning".to_owned()
}

/// Returns the field selector of the events of a pod.
pub(crate) fn events_of(pod: &ObjectRef) -> String {
    format!("involvedObject.kind=Pod,involvedObject.name={}", pod.name())
}

/// Returns whether an object is kept as soon as it is read. Of pods, those of DaemonSets wait for [`without_strangers`].
pub(crate) fn is_kept(object: &ObjectRef, facts: &ObjectFacts) -> bool {
    match object.kind() {
        ObjectKind::DaemonSet => {
            facts.is_ours() || object.name().as_str() == DEVICE_PLUGIN_NAME || is_about_networks(facts)
        }
        ObjectKind::Pod => is_user(facts) || daemon_sets_of(facts).next().is_some(),
        _ => true,
    }
}

/// Drops the pods of DaemonSets that are not kept, unless they use devices or networks themselves.
pub(crate) fn without_strangers(objects: &mut BTreeMap<ObjectRef, ObjectFacts>) {
    let kept: BTreeSet<ObjectRef> =
        objects.keys().filter(|object| object.kind() == ObjectKind::DaemonSet).cloned().collect();
    objects.retain(|object, facts| {
        let Some(namespace) = object.namespace().filter(|_| object.kind() == ObjectKind::Pod) else {
            return true;
        };
        let is_known = |name: &str| {
            let name = name.parse().ok();
            let set =
                name.map(|name| ObjectRef::in_namespace(ObjectKind::DaemonSet, namespace.clone(), name));
            set.is_some_and(|set| kept.contains(&set))
        };
        is_user(facts) || daemon_sets_of(facts).any(is_known)
    });
}

/// Returns whether a ConfigMap has the configuration of a device plugin.
pub(crate) fn is_plugin_config(facts: &ObjectFacts) -> bool {
    let data = facts.content.field("data").into_iter().flat_map(JsonValue::fields);
    data.filter_map(|(_, value)| value.text()).any(|text| text.contains(RESOURCE_LIST))
}

/// Drops the events of pods that are not kept, or that run; of each other pod the newest stay.
pub(crate) fn without_settled_events(objects: &mut BTreeMap<ObjectRef, ObjectFacts>) {
    let is_waiting = |facts: &ObjectFacts| {
        let phase = facts.content.at(&["status", "phase"]).and_then(JsonValue::text);
        !matches!(phase, Some("Running" | "Succeeded"))
    };
    let pods = objects.iter().filter(|(object, facts)| object.kind() == ObjectKind::Pod && is_waiting(facts));
    let waiting: BTreeSet<ObjectRef> = pods.map(|(object, _)| object.clone()).collect();
    keep_newest_events(objects, |pod| waiting.contains(pod));
}

/// Drops events but the newest of each pod that is wanted.
pub(crate) fn keep_newest_events(
    objects: &mut BTreeMap<ObjectRef, ObjectFacts>,
    is_wanted: impl Fn(&ObjectRef) -> bool,
) {
    let events = objects.iter().filter(|(object, _)| object.kind() == ObjectKind::Event);
    let mut by_pod: BTreeMap<ObjectRef, Vec<(String, ObjectRef)>> = BTreeMap::new();
    for (event, facts) in events {
        if let Some(pod) = pod_of_event(event, facts).filter(&is_wanted) {
            by_pod
                .entry(pod)
                .or_default()
                .push((facts.last_seen().unwrap_or_default().to_owned(), event.clone()));
        }
    }
    let mut kept = BTreeSet::new();
    for mut events in by_pod.into_values() {
        events.sort();
        kept.extend(events.into_iter().rev().take(EVENTS_OF_POD).map(|(_, event)| event));
    }
    objects.retain(|object, _| object.kind() != ObjectKind::Event || kept.contains(object));
}

/// Returns the pod that an event is about.
fn pod_of_event(event: &ObjectRef, facts: &ObjectFacts) -> Option<ObjectRef> {
    let about = facts.content.field("involvedObject")?;
    let name = about.field("name")?.text()?.parse().ok()?;
    let is_pod = about.field("kind").and_then(JsonValue::text) == Some("Pod");
    is_pod.then_some(ObjectRef::in_namespace(ObjectKind::Pod, event.namespace()?.clone(), name))
}

/// Returns whether a DaemonSet is a device plugin, or a part of what gives pods their networks.
fn is_about_networks(facts: &ObjectFacts) -> bool {
    let template = facts.content.at(&["spec", "template"]);
    let pod = template.and_then(|template| template.field("spec"));
    let labels = template.and_then(|template| template.at(&["metadata", "labels"]));
    let containers = ["containers", "initContainers"].into_iter();
    let containers =
        containers.flat_map(|list| pod.and_then(|pod| pod.field(list)).map_or(&[][..], JsonValue::members));
    let of_containers = containers.flat_map(|container| [container.field("name"), container.field("image")]);
    let labels = labels.into_iter().flat_map(JsonValue::fields).map(|(_, value)| Some(value));
    let texts = of_containers.chain(labels).flatten().filter_map(JsonValue::text);
    let has_word = |text: &str| WORDS.iter().any(|word| text.to_ascii_lowercase().contains(word));
    texts.into_iter().any(has_word)
}

/// Returns whether a pod asks for a device, or has networks of multus.
fn is_user(facts: &ObjectFacts) -> bool {
    let lists = [["spec", "containers"], ["spec", "initContainers"]].into_iter();
    let containers = lists.flat_map(|path| facts.content.members_at(&path));
    let resources = containers.filter_map(|container| container.field("resources"));
    let named = resources.flat_map(|resources| ["limits", "requests"].map(|list| resources.field(list)));
    let mut names = named.flatten().flat_map(JsonValue::fields).map(|(name, _)| name);
    facts.annotation(NETWORK_STATUS).is_some()
        || NETWORKS.iter().any(|name| facts.annotation(name).is_some())
        || names.any(is_extended)
}

/// Returns whether a resource is one of a device plugin (`IsExtendedResourceName`, pkg/apis/core/v1/helper/helpers.go).
fn is_extended(resource: &str) -> bool {
    let Some((prefix, _)) = resource.split_once('/') else { return false };
    prefix != "kubernetes.io" && !prefix.ends_with(".kubernetes.io") && !prefix.starts_with("hugepages-")
}

fn daemon_sets_of(facts: &ObjectFacts) -> impl Iterator<Item = &str> {
    facts.owners.iter().filter_map(|owner| owner.strip_prefix("DaemonSet "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(content: &str, owners: &[&str]) -> ObjectFacts {
        ObjectFacts {
            owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
            content: JsonValue::from_text(content).expect("JSON"),
            ..ObjectFacts::default()
        }
    }

    #[test]
    fn daemon_sets_are_known_by_label_name_or_image() {
        for (content, kept) in [
            (
                r#"{"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "r/multus-cni:v4"}]}}}}"#,
                true,
            ),
            (
                r#"{"spec": {"template": {"spec": {"containers": [{"name": "kube-sriovdp", "image": "x"}]}}}}"#,
                true,
            ),
            (r#"{"spec": {"template": {"spec": {"initContainers": [{"image": "r/Whereabouts"}]}}}}"#, true),
            (r#"{"spec": {"template": {"metadata": {"labels": {"app": "sriov-cni"}}}}}"#, true),
            (r#"{"metadata": {"labels": {"app.kubernetes.io/managed-by": "vfctl"}}}"#, true),
            (r#"{"metadata": {"labels": {"app.kubernetes.io/managed-by": "helm"}}}"#, false),
            (
                r#"{"spec": {"template": {"spec": {"containers": [{"name": "kube-proxy", "image": "p"}]}}}}"#,
                false,
            ),
        ] {
            let set = "daemonset a/b".parse().expect("a name");
            assert_eq!(is_kept(&set, &facts(content, &[])), kept, "{content}");
        }
        let of_our_name = "daemonset a/vfctl-device-plugin".parse().expect("a name");
        assert!(is_kept(&of_our_name, &facts("{}", &[])));
    }

    #[test]
    fn pods_are_kept_for_their_devices_and_networks() {
        for (content, kept) in [
            (r#"{"spec": {"containers": [{"resources": {"limits": {"intel.com/net": "1"}}}]}}"#, true),
            (r#"{"spec": {"initContainers": [{"resources": {"requests": {"intel.com/net": "1"}}}]}}"#, true),
            (r#"{"metadata": {"annotations": {"k8s.v1.cni.cncf.io/network-status": "[]"}}}"#, true),
            (
                r#"{"spec": {"containers": [{"resources": {"limits": {"cpu": "1", "hugepages-2Mi": "4"}}}]}}"#,
                false,
            ),
            (
                r#"{"spec": {"containers": [{"resources": {"limits": {"kubernetes.io/batch-cpu": "1"}}}]}}"#,
                false,
            ),
            (r#"{"spec": {"containers": [{"resources": {}}]}}"#, false),
        ] {
            let pod = "pod a/b".parse().expect("a name");
            assert_eq!(is_kept(&pod, &facts(content, &[])), kept, "{content}");
        }
    }

    #[test]
    fn pods_of_daemon_sets_that_are_not_kept_are_dropped() {
        let object = |text: &str| text.parse::<ObjectRef>().expect(text);
        let device = r#"{"spec": {"containers": [{"resources": {"limits": {"intel.com/net": "1"}}}]}}"#;
        let mut objects = BTreeMap::from([
            (object("daemonset a/plugin"), facts("{}", &[])),
            (object("pod a/plugin-1"), facts("{}", &["DaemonSet plugin"])),
            (object("pod b/plugin-2"), facts("{}", &["DaemonSet plugin"])),
            (object("pod a/proxy-1"), facts("{}", &["DaemonSet proxy"])),
            (object("pod a/user"), facts(device, &["DaemonSet users"])),
            (object("node n"), facts("{}", &[])),
        ]);
        without_strangers(&mut objects);
        let left: Vec<String> = objects.keys().map(ToString::to_string).collect();
        assert_eq!(left, ["node n", "pod a/plugin-1", "pod a/user", "daemonset a/plugin"]);
    }

    #[test]
    fn a_plugins_configuration_is_known_by_its_list() {
        assert!(is_plugin_config(&facts(r#"{"data": {"config.json": "{\"resourceList\": []}"}}"#, &[])));
        assert!(!is_plugin_config(&facts(r#"{"data": {"a": "b"}}"#, &[])));
    }
}
