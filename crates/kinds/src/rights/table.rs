//! The table of rights: a row for each kind of object that a part reads or writes.

use std::fmt;

use vfctl_model::ObjectKind;

/// For what rights are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RightsPart {
    /// To read what plans are made from: enough for `plan` and `record --cluster`, and needed by the others.
    Read,
    /// To apply what a node says of itself.
    Node,
    /// To apply what belongs to no single node.
    Shared,
    /// To verify with pods, in one namespace.
    Verify,
}

impl RightsPart {
    /// Every part.
    pub const ALL: [Self; 4] = [Self::Read, Self::Node, Self::Shared, Self::Verify];
}

impl fmt::Display for RightsPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Read => "read",
            Self::Node => "node",
            Self::Shared => "shared",
            Self::Verify => "verify",
        })
    }
}

/// On which objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// All of the cluster.
    Cluster,
    /// Those of the device plugin that vfctl manages, in its namespace. To create one cannot be allowed by name.
    Plugin,
    /// Those of all parts that vfctl manages, in their namespace. To create one cannot be allowed by name.
    Parts,
    /// Those of all parts that vfctl manages which are in no namespace. To create one cannot be allowed by name.
    PartsOfCluster,
    /// The definitions that parts bring along. To create one cannot be allowed by name.
    Definitions,
    /// All of the namespace.
    Namespace,
}

impl Where {
    /// Returns whether a role of one namespace gives the right.
    pub fn is_in_namespace(self) -> bool {
        match self {
            Self::Plugin | Self::Parts | Self::Namespace => true,
            Self::Cluster | Self::PartsOfCluster | Self::Definitions => false,
        }
    }
}

/// A row: on which objects which verbs are needed (`ResourceRule`, k8s.io/api/rbac/v1).
#[derive(Debug, Clone, Copy)]
pub struct Right {
    /// By which part.
    pub part: RightsPart,
    /// The kind of the objects.
    pub kind: ObjectKind,
    /// On which of them.
    pub at: Where,
    /// The verbs.
    pub verbs: &'static [&'static str],
}

const fn right(part: RightsPart, kind: ObjectKind, at: Where, verbs: &'static [&'static str]) -> Right {
    Right { part, kind, at, verbs }
}

/// Every row. A server-side apply is a patch, and creates where there is no object yet. Who only reads lists; who writes gets what it
/// has written, too.
pub const RIGHTS: &[Right] = &[
    right(RightsPart::Read, ObjectKind::Node, Where::Cluster, &["list"]),
    right(RightsPart::Read, ObjectKind::Pod, Where::Cluster, &["list"]),
    right(RightsPart::Read, ObjectKind::ConfigMap, Where::Cluster, &["list"]),
    right(RightsPart::Read, ObjectKind::DaemonSet, Where::Cluster, &["list"]),
    right(RightsPart::Read, ObjectKind::NetworkAttachmentDefinition, Where::Cluster, &["list"]),
    // Why a pod does not start: no plan needs them.
    right(RightsPart::Read, ObjectKind::Event, Where::Cluster, &["list"]),
    right(RightsPart::Read, ObjectKind::SriovNetworkNodePolicy, Where::Cluster, &["list"]),
    right(RightsPart::Read, ObjectKind::ServiceAccount, Where::Cluster, &["list"]),
    right(RightsPart::Read, ObjectKind::ClusterRole, Where::Cluster, &["list"]),
    right(RightsPart::Read, ObjectKind::ClusterRoleBinding, Where::Cluster, &["list"]),
    right(RightsPart::Read, ObjectKind::CustomResourceDefinition, Where::Cluster, &["list"]),
    right(RightsPart::Node, ObjectKind::Node, Where::Cluster, &["get", "patch"]),
    // The plugin's, whose names nobody knows before.
    right(RightsPart::Node, ObjectKind::Pod, Where::Cluster, &["get"]),
    right(RightsPart::Node, ObjectKind::ConfigMap, Where::Plugin, &["get", "create", "patch"]),
    right(RightsPart::Shared, ObjectKind::ConfigMap, Where::Parts, WRITE),
    right(RightsPart::Shared, ObjectKind::DaemonSet, Where::Parts, WRITE),
    right(RightsPart::Shared, ObjectKind::ServiceAccount, Where::Parts, WRITE),
    right(RightsPart::Shared, ObjectKind::ClusterRole, Where::PartsOfCluster, WRITE),
    right(RightsPart::Shared, ObjectKind::ClusterRoleBinding, Where::PartsOfCluster, WRITE),
    right(RightsPart::Shared, ObjectKind::CustomResourceDefinition, Where::Definitions, WRITE),
    right(RightsPart::Shared, ObjectKind::NetworkAttachmentDefinition, Where::Cluster, WRITE),
    right(RightsPart::Verify, ObjectKind::Pod, Where::Namespace, WRITE),
];

const WRITE: &[&str] = &["get", "create", "patch", "delete"];
