//! The device plugin as objects of the cluster: a DaemonSet of vfctl's own, and the ConfigMap that has a key for each node.
//!
//! Its pods run on nodes that are labelled for it: a node gets the label when vfctl has written its key, and is taken out of
//! service by another value of it. A DaemonSet's pod that is merely deleted would come back at once.

use vfctl_model::{JsonValue, NamespaceName, OWNER_LABEL, ObjectKind, ObjectRef};

use super::section::{DevicePluginSpec, ManagedPluginSpec};
use crate::cluster::{ClusterContext, ClusterDraft, delete_lane, labels, object, text, write_lane};
use crate::document::PlacedDocument;
use crate::path::{Origin, SpecPath};

/// What the objects are called.
const NAME: &str = "vfctl-device-plugin";

/// The label by which the DaemonSet knows its pods.
const NAME_LABEL: &str = "app.kubernetes.io/name";

/// The label of nodes that says whether the plugin runs on them.
pub(crate) const STATE_LABEL: &str = "vfctl.dev/device-plugin";

/// The label's value where the plugin runs.
pub(crate) const ACTIVE: &str = "active";

/// The label's value where a node is out of service.
pub(crate) const PAUSED: &str = "paused";

/// Where the plugin finds its configuration.
const CONFIG_FOLDER: &str = "/etc/pcidp";

/// A device plugin that a document asks vfctl to manage.
#[derive(Debug, Clone)]
pub(crate) struct ManagedPlugin {
    namespace: NamespaceName,
    image: String,
    /// Where the document asks for it.
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
            Some(Self { namespace, image: image.clone(), origin: (document.place)(&path) })
        })
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
    pub(crate) fn owns(&self, object: &ObjectRef, owners: &std::collections::BTreeSet<String>) -> bool {
        object.namespace() == Some(&self.namespace) && owners.contains(&format!("DaemonSet {NAME}"))
    }

    /// Returns whether the cluster's DaemonSet is another than this, or not there.
    pub(crate) fn differs(&self, context: &ClusterContext<'_>) -> bool {
        let found = self.daemon_set().and_then(|object| context.object(&object));
        found.is_none_or(|facts| !facts.content.covers(&self.content()))
    }

    /// Returns what the DaemonSet is to say.
    fn content(&self) -> JsonValue {
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
            ("metadata", labels([(OWNER_LABEL.0, text(OWNER_LABEL.1)), (NAME_LABEL, text(NAME))])),
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
        draft.findings.problem(Some(&plugin.origin), why, "let vfctl read them");
        return;
    }
    let Some(object) = plugin.daemon_set() else { return };
    // Two plugins on a node would take the same devices: one of before goes first.
    for kind in [ObjectKind::DaemonSet, ObjectKind::ConfigMap] {
        for (other, facts) in context.facts.of_kind(kind) {
            let is_of_before = other.name() == object.name() && other.namespace() != object.namespace();
            if is_of_before && facts.is_ours() && !facts.is_going {
                draft.lanes.push(delete_lane(other, facts));
            }
        }
    }
    let is_met = !plugin.differs(context);
    draft.lanes.push(write_lane(context, &object, plugin.content(), is_met, &plugin.origin));
}
