//! A part whose ConfigMap has a key for each node that has something for it, and whose pods run on these nodes alone: elsewhere they
//! would fail again and again.
//!
//! A changed key changes what the DaemonSet says, so that its pods read it: such a plugin reads its configuration when it starts.

use std::collections::BTreeMap;

use vfctl_model::{JsonValue, ObjectName, ObjectRef};
use vfctl_port::{Claim, ClaimValue, ObjectFacts, Property, Thing};

use super::managed::Managed;
use super::manifest::list;
use super::rdma_shared_device_plugin;
use crate::cluster::{ClusterContext, subject, text};
use crate::document::PlacedDocument;

/// The annotation of pods that says by which configurations they were started.
const CONFIGURATION: &str = "vfctl.dev/configuration";

/// Returns whether vfctl is to manage the plugin of shared RDMA devices.
pub(crate) fn manages_shared_rdma(documents: &[PlacedDocument<'_>]) -> bool {
    Managed::of(&rdma_shared_device_plugin::ROW, documents).is_some()
}

/// The keys of a part's ConfigMap.
pub(super) struct Keys {
    /// What those of the nodes at hand are to be; null where one is to go.
    pub(super) wanted: BTreeMap<String, JsonValue>,
    /// All that there are then, whoever made them.
    all: BTreeMap<String, JsonValue>,
    /// The node at hand, where that is one alone.
    pub(super) only: Option<ObjectName>,
    /// Whether some node has something for the part; keys of a ConfigMap that another made say nothing of it.
    is_needed: bool,
}

impl Keys {
    /// Returns the keys as the hosts at hand and the cluster have them.
    pub(super) fn of(context: &ClusterContext<'_>, config_map: &ObjectRef) -> Self {
        let found = context.object(config_map);
        // Those that another made stay where the ConfigMap is taken over, and are read again like its own.
        let data = found.into_iter().flat_map(ObjectFacts::data);
        let mut all: BTreeMap<String, JsonValue> =
            data.map(|(key, value)| (key.to_owned(), value.clone())).collect();
        let mut wanted = BTreeMap::new();
        let mut nodes = Vec::new();
        for (host, shared) in context.shared_rdma {
            let Some((node, _)) = context.facts.node_of(host) else { continue };
            let key = node.to_string();
            match &shared.config {
                Some(config) => drop(all.insert(key.clone(), text(config))),
                None => drop(all.remove(&key)),
            }
            wanted.insert(key, shared.config.as_ref().map_or(JsonValue::Null, text));
            nodes.push(node.clone());
        }
        let only = if let [node] = nodes.as_slice() { Some(node.clone()) } else { None };
        if only.is_none() {
            // In whose name all are written takes back none.
            wanted.extend(all.iter().map(|(key, config)| (key.clone(), config.clone())));
        }
        let is_needed = match found.is_some_and(ObjectFacts::is_ours) {
            true => !all.is_empty(),
            false => context.shared_rdma.values().any(|shared| shared.config.is_some()),
        };
        Self { wanted, all, only, is_needed }
    }

    /// Returns the claim that the ConfigMap has these keys and no others. What the DaemonSet says was made of them: where another
    /// node's key came meanwhile, its pods would not run there, or not with what it says.
    pub(super) fn claim(&self, config_map: &ObjectRef) -> Claim {
        let names = self.all.keys().map(String::as_str).collect::<Vec<_>>().join(" ");
        Claim::is(subject(Thing::Object(config_map.clone())), Property::Keys, ClaimValue::Name(names))
    }

    /// Returns whether no node has anything for the part.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_needed
    }

    /// Returns the pods of a DaemonSet on the nodes that have a key.
    pub(super) fn on_nodes(&self, pod: JsonValue) -> JsonValue {
        let term = |node: &String| {
            let name = JsonValue::of([
                ("key", text("metadata.name")),
                ("operator", text("In")),
                ("values", list([text(node)])),
            ]);
            JsonValue::of([("matchFields", list([name]))])
        };
        let terms = JsonValue::List(self.all.keys().map(term).collect());
        let required = JsonValue::of([("nodeSelectorTerms", terms)]);
        let affinity = JsonValue::of([("requiredDuringSchedulingIgnoredDuringExecution", required)]);
        let affinity = JsonValue::of([("nodeAffinity", affinity)]);
        let mut pod = pod;
        if let JsonValue::Fields(fields) = &mut pod {
            fields.insert("affinity".to_owned(), affinity);
        }
        pod
    }

    /// Returns the annotations of these pods.
    pub(super) fn annotations(&self) -> JsonValue {
        JsonValue::of([(CONFIGURATION, text(JsonValue::Fields(self.all.clone()).to_text()))])
    }
}
