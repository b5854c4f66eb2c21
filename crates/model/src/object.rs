//! Objects of a Kubernetes cluster: which kinds vfctl knows, and how one object is named.
//!
//! How they are read and written is the cluster edge's business; what they should say, that of kinds.

use std::fmt;
use std::str::FromStr;

use crate::cluster_name::{NamespaceName, ObjectName};
use crate::parse::ParseError;
use crate::text::text_serde;

/// The label of all objects that vfctl makes, and its value. It has the key that the Kubernetes project recommends for it.
pub const OWNER_LABEL: (&str, &str) = ("app.kubernetes.io/managed-by", "vfctl");

/// The label that says which part of a cluster an object is of, with the key that the Kubernetes project recommends for it.
pub const NAME_LABEL: &str = "app.kubernetes.io/name";

/// What the objects of the device plugin that vfctl manages are called.
pub const DEVICE_PLUGIN_NAME: &str = "vfctl-device-plugin";

/// The definitions of kinds of objects that parts of a cluster bring along: those of multus and of whereabouts.
pub const PART_DEFINITIONS: [&str; 4] = [
    "network-attachment-definitions.k8s.cni.cncf.io",
    "ippools.whereabouts.cni.cncf.io",
    "nodeslicepools.whereabouts.cni.cncf.io",
    "overlappingrangeipreservations.whereabouts.cni.cncf.io",
];

/// What the table says of one kind of object.
#[derive(Debug, Clone, Copy)]
pub struct ObjectKindRow {
    /// The word by which objects are named everywhere; `kubectl` takes it, too.
    pub word: &'static str,
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The version of the API.
    pub version: &'static str,
    /// The kind as manifests write it.
    pub kind: &'static str,
    /// The kind in paths of the API.
    pub plural: &'static str,
    /// Whether its objects are in namespaces.
    pub is_namespaced: bool,
    /// What of an object is kept in facts besides labels and annotations: paths of fields.
    pub kept: &'static [&'static [&'static str]],
}

/// Makes the enum and its table from one row each.
macro_rules! object_kinds {
    ($($(#[$doc:meta])* $name:ident { $($column:ident: $cell:expr),* $(,)? })*) => {
        /// A kind of object.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ObjectKind {
            $($(#[$doc])* $name,)*
        }

        impl ObjectKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the kind's row.
            pub fn row(self) -> &'static ObjectKindRow {
                match self {
                    $(Self::$name => {
                        const ROW: ObjectKindRow = ObjectKindRow { $($column: $cell),* };
                        &ROW
                    })*
                }
            }
        }
    };
}

object_kinds! {
    /// A node.
    Node {
        word: "node",
        group: "",
        version: "v1",
        kind: "Node",
        plural: "nodes",
        is_namespaced: false,
        kept: &[&["spec", "unschedulable"], &["spec", "taints"], &["status", "allocatable"]],
    }
    /// A pod.
    Pod {
        word: "pod",
        group: "",
        version: "v1",
        kind: "Pod",
        plural: "pods",
        is_namespaced: true,
        kept: &[
            &["spec", "nodeName"],
            &["spec", "hostNetwork"],
            &["spec", "nodeSelector"],
            &["spec", "affinity", "nodeAffinity"],
            &["spec", "containers"],
            &["spec", "initContainers"],
            &["status", "phase"],
            &["status", "reason"],
            &["status", "message"],
            &["status", "conditions"],
            &["status", "initContainerStatuses"],
            &["status", "containerStatuses"],
        ],
    }
    /// A ConfigMap.
    ConfigMap {
        word: "configmap",
        group: "",
        version: "v1",
        kind: "ConfigMap",
        plural: "configmaps",
        is_namespaced: true,
        kept: &[&["data"]],
    }
    /// A DaemonSet.
    DaemonSet {
        word: "daemonset",
        group: "apps",
        version: "v1",
        kind: "DaemonSet",
        plural: "daemonsets",
        is_namespaced: true,
        kept: &[
            &["metadata", "generation"],
            &["spec"],
            &["status", "observedGeneration"],
            &["status", "desiredNumberScheduled"],
            &["status", "updatedNumberScheduled"],
            &["status", "numberReady"],
        ],
    }
    /// A ServiceAccount: in whose name pods speak to the API server.
    ServiceAccount {
        word: "serviceaccount",
        group: "",
        version: "v1",
        kind: "ServiceAccount",
        plural: "serviceaccounts",
        is_namespaced: true,
        kept: &[],
    }
    /// A ClusterRole.
    ClusterRole {
        word: "clusterrole",
        group: "rbac.authorization.k8s.io",
        version: "v1",
        kind: "ClusterRole",
        plural: "clusterroles",
        is_namespaced: false,
        kept: &[&["rules"]],
    }
    /// A ClusterRoleBinding.
    ClusterRoleBinding {
        word: "clusterrolebinding",
        group: "rbac.authorization.k8s.io",
        version: "v1",
        kind: "ClusterRoleBinding",
        plural: "clusterrolebindings",
        is_namespaced: false,
        kept: &[&["roleRef"], &["subjects"]],
    }
    /// The definition of a kind of objects that Kubernetes itself does not have.
    CustomResourceDefinition {
        word: "customresourcedefinition",
        group: "apiextensions.k8s.io",
        version: "v1",
        kind: "CustomResourceDefinition",
        plural: "customresourcedefinitions",
        is_namespaced: false,
        kept: &[&["spec"], &["status", "conditions"]],
    }
    /// The definition of a network that pods can ask for.
    NetworkAttachmentDefinition {
        word: "network-attachment-definition",
        group: "k8s.cni.cncf.io",
        version: "v1",
        kind: "NetworkAttachmentDefinition",
        plural: "network-attachment-definitions",
        is_namespaced: true,
        kept: &[&["spec"]],
    }
    /// What a part of the cluster reports of another object, such as why a pod cannot start.
    Event {
        word: "event",
        group: "",
        version: "v1",
        kind: "Event",
        plural: "events",
        is_namespaced: true,
        kept: &[
            &["involvedObject"],
            &["type"],
            &["reason"],
            &["message"],
            &["count"],
            &["lastTimestamp"],
            &["eventTime"],
            &["series"],
        ],
    }
    /// A policy of the SR-IOV network operator.
    SriovNetworkNodePolicy {
        word: "sriovnetworknodepolicy",
        group: "sriovnetwork.openshift.io",
        version: "v1",
        kind: "SriovNetworkNodePolicy",
        plural: "sriovnetworknodepolicies",
        is_namespaced: true,
        kept: &[&["spec"]],
    }
}

impl ObjectKind {
    /// Returns the `apiVersion` of manifests.
    pub fn api_version(self) -> String {
        let ObjectKindRow { group, version, .. } = self.row();
        if group.is_empty() { (*version).to_owned() } else { format!("{group}/{version}") }
    }

    /// Returns the name of the CustomResourceDefinition of a kind that Kubernetes itself does not have, `PLURAL.GROUP`.
    pub fn definition(self) -> String {
        let ObjectKindRow { plural, group, .. } = self.row();
        format!("{plural}.{group}")
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.row().word)
    }
}

impl FromStr for ObjectKind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.iter().copied().find(|kind| kind.row().word == text);
        found.ok_or_else(|| ParseError::new(text, "kind of object such as `configmap`"))
    }
}

text_serde!(ObjectKind, "ObjectKind", "A kind of object such as configmap.");

/// An object of a cluster by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    kind: ObjectKind,
    namespace: Option<NamespaceName>,
    name: ObjectName,
}

impl ObjectRef {
    /// Returns an object in a namespace; where its kind has none, the namespace is left out.
    pub fn in_namespace(kind: ObjectKind, namespace: NamespaceName, name: ObjectName) -> Self {
        Self { kind, namespace: kind.row().is_namespaced.then_some(namespace), name }
    }

    /// Returns an object of a kind that has no namespaces; `None` where its kind has.
    pub fn of_cluster(kind: ObjectKind, name: ObjectName) -> Option<Self> {
        (!kind.row().is_namespaced).then_some(Self { kind, namespace: None, name })
    }

    /// Returns a node.
    pub fn node(name: ObjectName) -> Self {
        Self { kind: ObjectKind::Node, namespace: None, name }
    }

    /// Returns the kind.
    pub fn kind(&self) -> ObjectKind {
        self.kind
    }

    /// Returns the namespace; `None` where the kind has none.
    pub fn namespace(&self) -> Option<&NamespaceName> {
        self.namespace.as_ref()
    }

    /// Returns the name.
    pub fn name(&self) -> &ObjectName {
        &self.name
    }
}

/// Writes `configmap kube-system/name`, and `node name` where the kind has no namespaces.
impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, name } = self;
        match namespace {
            Some(namespace) => write!(f, "{kind} {namespace}/{name}"),
            None => write!(f, "{kind} {name}"),
        }
    }
}

impl FromStr for ObjectRef {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = || ParseError::new(text, "object such as `configmap kube-system/name` or `node name`");
        let (kind, name) = text.split_once(' ').ok_or_else(wrong)?;
        let kind: ObjectKind = kind.parse()?;
        match (kind.row().is_namespaced, name.split_once('/')) {
            (true, Some((namespace, name))) => {
                Ok(Self { kind, namespace: Some(namespace.parse()?), name: name.parse()? })
            }
            (false, None) => Ok(Self { kind, namespace: None, name: name.parse()? }),
            (true, None) | (false, Some(_)) => Err(wrong()),
        }
    }
}

text_serde!(ObjectRef, "ObjectRef", "An object such as `configmap kube-system/name` or `node name`.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_as_they_are_written() {
        for text in [
            "node worker-1",
            "configmap kube-system/x",
            "network-attachment-definition default/tenant-a",
            "customresourcedefinition ippools.whereabouts.cni.cncf.io",
        ] {
            assert_eq!(text.parse::<ObjectRef>().expect(text).to_string(), text);
        }
        for wrong in ["", "node", "node a/b", "configmap x", "secret a/b", "configmap A/b"] {
            assert!(wrong.parse::<ObjectRef>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_kind_has_a_word_of_its_own() {
        for kind in ObjectKind::ALL {
            assert_eq!(kind.row().word.parse::<ObjectKind>().expect("a kind"), *kind);
        }
        assert_eq!(ObjectKind::DaemonSet.api_version(), "apps/v1");
        assert_eq!(ObjectKind::Node.api_version(), "v1");
    }
}
