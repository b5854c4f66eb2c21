//! What a walk looks at: the pod, the cluster, the hosts at hand and the documents.

use vfctl_model::{JsonValue, ObjectKind, ObjectName, ObjectRef};
use vfctl_port::{ClusterFacts, HostFacts, ObjectFacts, World};

use super::requests::{count, phase};
use crate::document::PlacedDocument;

/// What a walk looks at.
pub(super) struct Scene<'a> {
    /// All facts.
    pub(super) world: &'a World,
    /// Those of the cluster.
    pub(super) cluster: &'a ClusterFacts,
    /// The pod.
    pub(super) pod: &'a ObjectRef,
    /// What it says.
    pub(super) facts: &'a ObjectFacts,
    /// The documents at hand.
    pub(super) documents: &'a [PlacedDocument<'a>],
}

impl<'a> Scene<'a> {
    /// Returns the pod's phase.
    pub(super) fn phase(&self) -> &'a str {
        phase(self.facts)
    }

    /// Returns whether the pod runs.
    pub(super) fn is_running(&self) -> bool {
        self.phase() == "Running"
    }

    /// Returns whether the pod uses the network of its host.
    pub(super) fn is_on_host_network(&self) -> bool {
        self.facts.content.at(&["spec", "hostNetwork"]) == Some(&JsonValue::Flag(true))
    }

    /// Returns the node that the pod is on.
    pub(super) fn node_name(&self) -> Option<&'a str> {
        self.facts.node_name()
    }

    /// Returns why a kind of object was not read; `None` where it was.
    pub(super) fn unread(&self, kind: ObjectKind) -> Option<String> {
        let why = self.cluster.unread.get(&kind)?;
        Some(format!("{} were not read: {why}", kind.row().plural))
    }

    /// Returns the cluster's nodes by name.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (&'a ObjectName, &'a ObjectFacts)> + use<'a> {
        self.cluster.of_kind(ObjectKind::Node).map(|(node, facts)| (node.name(), facts))
    }

    /// Returns the facts of the host that a node is; `None` where they are not at hand.
    pub(super) fn host_of(&self, node: &str) -> Option<&'a HostFacts> {
        let is_it = |name| self.cluster.node_of(name).is_some_and(|(found, _)| found.as_str() == node);
        self.world.hosts.iter().find(|(name, _)| is_it(name)).map(|(_, host)| host)
    }

    /// Returns what is in a list of the pod's status.
    pub(super) fn status_list(&self, name: &str) -> &'a [JsonValue] {
        self.facts.content.at(&["status", name]).map_or(&[], JsonValue::members)
    }

    /// Returns a text of the pod's status.
    pub(super) fn status_text(&self, name: &str) -> Option<&'a str> {
        self.facts.content.at(&["status", name])?.text()
    }

    /// Returns the messages of the pod's warnings with their reasons, the newest first. Those of a pod of the same name that was
    /// there before are left out.
    pub(super) fn warnings(&self) -> Vec<Warning<'a>> {
        let mut found: Vec<(&str, Warning<'a>)> = Vec::new();
        for (event, facts) in self.cluster.of_kind(ObjectKind::Event) {
            let text = |path: &[&str]| facts.content.at(path).and_then(JsonValue::text);
            let is_its = text(&["involvedObject", "kind"]) == Some("Pod")
                && event.namespace() == self.pod.namespace()
                && text(&["involvedObject", "name"]) == Some(self.pod.name().as_str())
                && text(&["involvedObject", "uid"])
                    .is_none_or(|uid| self.facts.uid.is_empty() || uid == self.facts.uid);
            if let Some(reason) = text(&["reason"]).filter(|_| is_its && text(&["type"]) != Some("Normal")) {
                let warning = Warning { reason, message: text(&["message"]).unwrap_or_default() };
                found.push((facts.last_seen().unwrap_or_default(), warning));
            }
        }
        found.sort_by(|(one, _), (other, _)| other.cmp(one));
        found.into_iter().map(|(_, warning)| warning).collect()
    }
}

/// What a part of the cluster warned of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Warning<'a> {
    /// Its one word, such as `FailedCreatePodSandBox`.
    pub(super) reason: &'a str,
    /// What it says.
    pub(super) message: &'a str,
}

/// Returns how many devices of a resource a node offers; `None` where it does not know the resource.
pub(super) fn offered(node: &ObjectFacts, resource: &str) -> Option<u64> {
    node.content.at(&["status", "allocatable", resource]).and_then(count)
}

/// Returns a few names of many in one text.
pub(super) fn few<T: ToString>(names: &[T]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> = names.iter().take(SHOWN).map(ToString::to_string).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
