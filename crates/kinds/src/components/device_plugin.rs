//! The device plugin as objects of the cluster: a DaemonSet of vfctl's own, and the ConfigMap that has a key for each node.
//!
//! Its pods run on nodes that are labelled for it: a node gets the label when vfctl has written its key, and is taken out of
//! service by another value of it. A DaemonSet's pod that is merely deleted would come back at once.

use std::collections::BTreeSet;

use vfctl_model::{DEVICE_PLUGIN_NAME as NAME, JsonValue, NamespaceName, OWNER_LABEL, ObjectKind, ObjectRef};
use vfctl_port::{ClusterFacts, ObjectFacts};

use super::node_state::{ACTIVE, STATE_LABEL, left_nodes};
use super::section::{DevicePluginSpec, ManagedPluginSpec};
use crate::cluster::{
    ClusterContext, ClusterDraft, DOCUMENT_LABEL, delete_lane, labels, object, text, write_lane,
};
use crate::document::PlacedDocument;
use crate::path::{Origin, SpecPath};

/// The label by which the DaemonSet knows its pods.
const NAME_LABEL: &str = "app.kubernetes.io/name";

/// Where the plugin finds its configuration.
const CONFIG_FOLDER: &str = "/etc/pcidp";

/// The objects of the plugin that vfctl manages; a cluster has them once.
#[derive(Debug, Clone)]
pub(crate) struct PluginObjects {
    namespace: NamespaceName,
}

impl PluginObjects {
    /// Returns those that a cluster has of vfctl's own; `None` where there are none.
    pub(crate) fn found(facts: &ClusterFacts) -> Option<Self> {
        let mut objects = facts.of_kind(ObjectKind::DaemonSet).chain(facts.of_kind(ObjectKind::ConfigMap));
        let own = objects.find(|(object, facts)| object.name().as_str() == NAME && facts.is_ours())?;
        Some(Self { namespace: own.0.namespace()?.clone() })
    }

    /// Returns the DaemonSet.
    pub(crate) fn daemon_set(&self) -> Option<ObjectRef> {
        object(ObjectKind::DaemonSet, &self.namespace, NAME)
    }

    /// Returns the ConfigMap with a key for each node.
    pub(crate) fn config_map(&self) -> Option<ObjectRef> {
        object(ObjectKind::ConfigMap, &self.namespace, NAME)
    }

    /// Returns whether an object belongs to the DaemonSet, such as one of its pods.
    pub(crate) fn owns(&self, object: &ObjectRef, owners: &BTreeSet<String>) -> bool {
        object.namespace() == Some(&self.namespace) && owners.contains(&format!("DaemonSet {NAME}"))
    }
}

/// A device plugin that a document asks vfctl to manage.
#[derive(Debug, Clone)]
pub(crate) struct ManagedPlugin {
    /// Its objects.
    pub(crate) objects: PluginObjects,
    image: String,
    /// The document that asks for it.
    document: String,
    /// Where it does.
    pub(crate) origin: Origin,
}

impl ManagedPlugin {
    /// Returns the plugin that these documents ask for; `None` where none does.
    pub(crate) fn of(documents: &[PlacedDocument<'_>]) -> Option<Self> {
        documents.iter().find_map(|document| {
            let plugin: &DevicePluginSpec = document.config.spec.components.device_plugin.as_ref()?;
            let ManagedPluginSpec { image, namespace } = plugin.managed.as_ref()?;
            let path = SpecPath::spec().key("components").key("devicePlugin").key("managed");
            let namespace = namespace.clone().unwrap_or_else(NamespaceName::kube_system);
            Some(Self {
                objects: PluginObjects { namespace },
                image: image.clone(),
                document: document.config.metadata.name.clone(),
                origin: (document.place)(&path),
            })
        })
    }

    /// Returns whether the cluster's DaemonSet is another than this, or not there.
    pub(crate) fn differs(&self, context: &ClusterContext<'_>) -> bool {
        let found = self.objects.daemon_set().and_then(|object| context.object(&object));
        found.is_none_or(|facts| !facts.content.covers(&self.content(Some(facts))))
    }

    /// Returns what the DaemonSet is to say. Of several documents that ask for it the first stays the one that it belongs to.
    fn content(&self, found: Option<&ObjectFacts>) -> JsonValue {
        let document = found.and_then(|facts| facts.label(DOCUMENT_LABEL)).unwrap_or(&self.document);
        let own = || JsonValue::of([(NAME_LABEL, text(NAME))]);
        let host_path = |name: &str, path: &str| {
            JsonValue::of([("name", text(name)), ("hostPath", JsonValue::of([("path", text(path))]))])
        };
        let mount = |name: &str, path: &str| JsonValue::of([("name", text(name)), ("mountPath", text(path))]);
        let node_name = JsonValue::of([
            ("name", text("NODE_NAME")),
            (
                "valueFrom",
                JsonValue::of([("fieldRef", JsonValue::of([("fieldPath", text("spec.nodeName"))]))]),
            ),
        ]);
        let container = JsonValue::of([
            ("name", text("device-plugin")),
            ("image", text(&self.image)),
            ("command", JsonValue::List(vec![text("/usr/bin/sriovdp")])),
            (
                "args",
                JsonValue::List(vec![
                    text(format!("--config-file={CONFIG_FOLDER}/$(NODE_NAME)")),
                    text("--logtostderr"),
                    text("-v=5"),
                ]),
            ),
            ("env", JsonValue::List(vec![node_name])),
            ("securityContext", JsonValue::of([("privileged", JsonValue::Flag(true))])),
            (
                "volumeMounts",
                JsonValue::List(vec![
                    mount("device-plugins", "/var/lib/kubelet/device-plugins"),
                    mount("plugins-registry", "/var/lib/kubelet/plugins_registry"),
                    mount("device-info", "/var/run/k8s.cni.cncf.io/devinfo/dp"),
                    mount("config", CONFIG_FOLDER),
                ]),
            ),
        ]);
        let device_info = JsonValue::of([
            ("name", text("device-info")),
            (
                "hostPath",
                JsonValue::of([
                    ("path", text("/var/run/k8s.cni.cncf.io/devinfo/dp")),
                    ("type", text("DirectoryOrCreate")),
                ]),
            ),
        ]);
        let config =
            JsonValue::of([("name", text("config")), ("configMap", JsonValue::of([("name", text(NAME))]))]);
        let pod = JsonValue::of([
            // It looks at the interfaces of the host.
            ("hostNetwork", JsonValue::Flag(true)),
            ("automountServiceAccountToken", JsonValue::Flag(false)),
            ("priorityClassName", text("system-node-critical")),
            ("nodeSelector", JsonValue::of([(STATE_LABEL, text(ACTIVE))])),
            ("tolerations", JsonValue::List(vec![JsonValue::of([("operator", text("Exists"))])])),
            ("containers", JsonValue::List(vec![container])),
            (
                "volumes",
                JsonValue::List(vec![
                    host_path("device-plugins", "/var/lib/kubelet/device-plugins"),
                    host_path("plugins-registry", "/var/lib/kubelet/plugins_registry"),
                    device_info,
                    config,
                ]),
            ),
        ]);
        let template = JsonValue::of([("metadata", JsonValue::of([("labels", own())])), ("spec", pod)]);
        JsonValue::of([
            (
                "metadata",
                labels([
                    (OWNER_LABEL.0, text(OWNER_LABEL.1)),
                    (DOCUMENT_LABEL, text(document)),
                    (NAME_LABEL, text(NAME)),
                ]),
            ),
            (
                "spec",
                JsonValue::of([
                    ("selector", JsonValue::of([("matchLabels", own())])),
                    ("template", template),
                ]),
            ),
        ])
    }
}

/// Drafts the DaemonSet.
pub(super) fn plan(context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
    let Some(plugin) = ManagedPlugin::of(context.documents).filter(|_| context.parts.shared) else { return };
    if let Some(why) = context.missing(ObjectKind::DaemonSet) {
        draft.findings.problem(Some(&plugin.origin), why, context.fix_of_missing(ObjectKind::DaemonSet));
        return;
    }
    let Some(object) = plugin.objects.daemon_set() else { return };
    // Two plugins on a node would take the same devices: one of before goes first.
    for kind in [ObjectKind::DaemonSet, ObjectKind::ConfigMap] {
        for (other, facts) in context.facts.of_kind(kind) {
            let is_of_before = other.name() == object.name() && other.namespace() != object.namespace();
            if is_of_before && facts.is_ours() && !facts.is_going {
                draft.lanes.push(delete_lane(other, facts));
            }
        }
    }
    let wanted = plugin.content(context.object(&object));
    draft.lanes.push(write_lane(context, &object, wanted, !plugin.differs(context), &plugin.origin));
}

/// Drafts the end of a plugin that these documents asked for once and no document asks for any more, unless other nodes need it.
/// What nodes say of it is taken back before.
pub(crate) fn remove(context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
    if !context.parts.shared || ManagedPlugin::of(context.documents).is_some() {
        return;
    }
    let Some(objects) = PluginObjects::found(context.facts) else { return };
    let Some(set) = objects.daemon_set() else { return };
    let Some(facts) = context.object(&set).filter(|facts| facts.is_ours() && context.asked_before(facts))
    else {
        return;
    };
    let left = if context.parts.node { left_nodes(context) } else { BTreeSet::new() };
    let nodes =
        context.facts.of_kind(ObjectKind::Node).filter(|(_, facts)| facts.label(STATE_LABEL).is_some());
    let nodes = nodes.map(|(node, _)| node.name());
    let users: Vec<_> = nodes.filter(|name| !left.contains(name)).collect();
    if let Some(first) = users.first() {
        let others = match users.len() {
            1 => " still has".to_owned(),
            count => format!(" and {} more still have", count - 1),
        };
        let message = format!("{set} stays: node {first}{others} it, by the label {STATE_LABEL}");
        draft.findings.note(None, message);
        return;
    }
    draft.lanes.push(delete_lane(&set, facts));
    let map = objects.config_map().and_then(|map| Some((context.object(&map)?, map)));
    draft.lanes.extend(map.filter(|(facts, _)| facts.is_ours()).map(|(facts, map)| delete_lane(&map, facts)));
}
