//! The device plugin as objects of the cluster: a DaemonSet of vfctl's own, and the ConfigMap that has a key for each node.
//!
//! Its pods run on nodes that are labelled for it: a node gets the label when vfctl has written its key, and is taken out of
//! service by another value of it. A DaemonSet's pod that is merely deleted would come back at once.

use std::collections::BTreeSet;

use vfctl_model::{DEVICE_PLUGIN_NAME as NAME, JsonValue, NamespaceName, ObjectKind, ObjectRef};
use vfctl_port::ClusterFacts;

use super::managed::Managed;
use super::manifest::{
    config_volume, everywhere, field_variable, host_path, list, made_host_path, mount, privileged, texts,
};
use super::node_state::{ACTIVE, STATE_LABEL, left_nodes};
use super::row::{ComponentRow, Declaration, Installed, PodOrder, Serves, none};
use super::section::ComponentsSpec;
use crate::cluster::{ClusterContext, ClusterDraft, delete_lane, object, text};
use crate::document::PlacedDocument;
use crate::path::Origin;

/// Where the plugin finds its configuration.
const CONFIG_FOLDER: &str = "/etc/pcidp";

pub(super) static ROW: ComponentRow = ComponentRow {
    key: "devicePlugin",
    name: "the device plugin",
    object: NAME,
    of: |spec: &ComponentsSpec| {
        let plugin = spec.device_plugin.as_ref()?;
        Some(Declaration { version: Some(plugin.version.to_string()), managed: plugin.managed.as_ref() })
    },
    is_image: |image| image.contains("sriov") && image.contains("device-plugin") || image.contains("sriovdp"),
    definitions: none,
    rules: &[],
    config: &[],
    has_config: true,
    is_by_node: false,
    pod,
    installed: Installed::ByNode,
    must_clear_away: false,
    serves: Serves::NoNetwork,
    keeps_state: false,
};

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
#[derive(Clone)]
pub(crate) struct ManagedPlugin<'a> {
    /// Its objects.
    pub(crate) objects: PluginObjects,
    /// Where the document does.
    pub(crate) origin: Origin,
    managed: Managed<'a>,
}

impl<'a> ManagedPlugin<'a> {
    /// Returns the plugin that these documents ask for; `None` where none does.
    pub(crate) fn of(documents: &'a [PlacedDocument<'a>]) -> Option<Self> {
        let managed = Managed::of(&ROW, documents)?;
        let namespace = managed.daemon_set()?.namespace()?.clone();
        let origin = managed.origin.clone();
        Some(Self { objects: PluginObjects { namespace }, origin, managed })
    }

    /// Returns whether its pods start anew: the cluster's DaemonSet says something else of them, or is not there.
    pub(crate) fn starts_anew(&self, context: &ClusterContext<'_>) -> bool {
        let found =
            self.managed.daemon_set().and_then(|set| context.object(&set)).map(|facts| &facts.content);
        let objects = self.managed.objects(context);
        let mut specs = objects.iter().filter_map(|(_, wanted)| wanted.field("spec"));
        specs.any(|wanted| {
            !found.and_then(|found| found.field("spec")).is_some_and(|found| found.covers(wanted))
        })
    }
}

fn pod(order: PodOrder<'_>) -> JsonValue {
    let PodOrder { image, name, clears_away: _ } = order;
    let file = format!("--config-file={CONFIG_FOLDER}/$(NODE_NAME)");
    let container = JsonValue::of([
        ("name", text("device-plugin")),
        ("image", text(image)),
        ("command", texts(["/usr/bin/sriovdp"])),
        ("args", texts([&file, "--logtostderr", "-v=5"])),
        ("env", list([field_variable("NODE_NAME", "spec.nodeName")])),
        ("securityContext", privileged()),
        (
            "volumeMounts",
            list([
                mount("device-plugins", "/var/lib/kubelet/device-plugins"),
                mount("plugins-registry", "/var/lib/kubelet/plugins_registry"),
                mount("device-info", "/var/run/k8s.cni.cncf.io/devinfo/dp"),
                mount("config", CONFIG_FOLDER),
            ]),
        ),
    ]);
    JsonValue::of([
        // It looks at the interfaces of the host.
        ("hostNetwork", JsonValue::Flag(true)),
        ("automountServiceAccountToken", JsonValue::Flag(false)),
        ("priorityClassName", text("system-node-critical")),
        ("nodeSelector", JsonValue::of([(STATE_LABEL, text(ACTIVE))])),
        ("tolerations", everywhere()),
        ("containers", list([container])),
        (
            "volumes",
            list([
                host_path("device-plugins", "/var/lib/kubelet/device-plugins"),
                host_path("plugins-registry", "/var/lib/kubelet/plugins_registry"),
                made_host_path("device-info", "/var/run/k8s.cni.cncf.io/devinfo/dp"),
                config_volume("config", name),
            ]),
        ),
    ])
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
