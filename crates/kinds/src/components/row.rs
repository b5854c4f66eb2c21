//! What the table says of one part of a cluster: how it is known, and the objects that vfctl makes where it manages it.

use std::fmt;

use vfctl_model::{JsonValue, NamespaceName};

use super::manifest;
use super::section::{ComponentsSpec, ManagedSpec};
use crate::cluster::text;
use crate::path::SpecPath;

/// How many nodes may be without a part while its pods are replaced: one after the other takes longer than is waited.
const AT_ONCE: &str = "10%";

/// A rule of a role (`PolicyRule`, k8s.io/api/rbac/v1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PolicyRule {
    pub(crate) groups: &'static [&'static str],
    pub(crate) resources: &'static [&'static str],
    pub(crate) verbs: &'static [&'static str],
}

/// What documents say of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declaration<'a> {
    /// Its release, as it is written; `None` where none is declared.
    pub(super) version: Option<String>,
    /// How vfctl installs it; `None` where another does.
    pub(super) managed: Option<&'a ManagedSpec>,
}

/// The pods of a part.
#[derive(Debug, Clone, Copy)]
pub(super) struct PodOrder<'a> {
    /// The image of their containers.
    pub(super) image: &'a str,
    /// What the part's objects are called.
    pub(super) name: &'a str,
    /// Whether the pods are to clear away, when they end, what they have written on their nodes.
    pub(super) clears_away: bool,
}

/// When a part that was written counts as installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Installed {
    /// Once its DaemonSet is rolled out.
    RolledOut,
    /// Once it is written: its pods are awaited node by node, with what they need.
    ByNode,
}

/// Which networks do not work without a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Serves {
    /// All of them.
    EveryNetwork,
    /// Those whose configuration names this plugin, for interfaces or for addresses.
    Plugin(&'static str),
    /// None: pods lose devices, not networks.
    NoNetwork,
}

/// A part of a cluster.
pub(super) struct ComponentRow {
    /// Its key in the section.
    pub(super) key: &'static str,
    /// What it is called in sentences, and by images.
    pub(super) name: &'static str,
    /// What its objects are called.
    pub(super) object: &'static str,
    /// Returns what a document says of it; `None` where it says nothing.
    pub(super) of: fn(&ComponentsSpec) -> Option<Declaration<'_>>,
    /// Returns whether an image of this name, without registry and tag, is one of it.
    pub(super) is_image: fn(&str) -> bool,
    /// The kinds of objects that it defines, by the names of their definitions.
    pub(super) definitions: fn() -> Vec<(&'static str, JsonValue)>,
    /// What its pods may do in the cluster; nothing where they do not speak to the API server.
    pub(super) rules: &'static [PolicyRule],
    /// Whether it has a ConfigMap.
    pub(super) has_config: bool,
    /// The data of its ConfigMap, where that is the same in every cluster.
    pub(super) config: &'static [(&'static str, &'static str)],
    /// Whether its ConfigMap has a key for each node that has something for it, and its pods run there alone.
    pub(super) is_by_node: bool,
    /// Returns what its pods are (`PodSpec`, k8s.io/api/core/v1).
    pub(super) pod: fn(PodOrder<'_>) -> JsonValue,
    /// When it counts as installed.
    pub(super) installed: Installed,
    /// Whether its pods leave something on their nodes that keeps these from working without it.
    pub(super) must_clear_away: bool,
    /// Which networks do not work without it.
    pub(super) serves: Serves,
    /// Whether its pods keep in their namespace what must not be lost while pods of others run.
    pub(super) keeps_state: bool,
}

impl ComponentRow {
    /// Returns its place in a document.
    pub(super) fn path(&self) -> SpecPath {
        SpecPath::spec().key("components").key(self.key)
    }

    /// Returns the place in a document where vfctl is asked to manage it.
    pub(super) fn managed_path(&self) -> SpecPath {
        self.path().key("managed")
    }

    /// Returns the spec of its DaemonSet with these pods. Where all of them are awaited they are replaced on several nodes at once:
    /// pods that run do not need them meanwhile.
    pub(super) fn daemon_set_spec(&self, pod: JsonValue, annotations: Option<JsonValue>) -> JsonValue {
        let mut spec = manifest::daemon_set_spec(self.object, pod, annotations);
        if let (Installed::RolledOut, JsonValue::Fields(fields)) = (self.installed, &mut spec) {
            let rolling = JsonValue::of([("maxUnavailable", text(AT_ONCE))]);
            let strategy = JsonValue::of([("type", text("RollingUpdate")), ("rollingUpdate", rolling)]);
            fields.insert("updateStrategy".to_owned(), strategy);
        }
        spec
    }
}

/// Writes what it is called.
impl fmt::Display for ComponentRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

/// Returns no definitions.
pub(super) fn none() -> Vec<(&'static str, JsonValue)> {
    Vec::new()
}

impl ManagedSpec {
    /// Returns the namespace that it names, or the one of a cluster's own parts.
    pub(super) fn namespace(&self) -> NamespaceName {
        self.namespace.clone().unwrap_or_else(NamespaceName::kube_system)
    }
}
