//! Facts of a Kubernetes cluster: its objects as the API server has them, those that vfctl has a use for.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{HostName, JsonValue, OWNER_LABEL, ObjectKind, ObjectName, ObjectRef, ResourceName};

/// The facts of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClusterFacts {
    /// The version of the API server, such as `v1.34.4`.
    #[serde(default)]
    pub version: String,
    /// The objects, by kind and name: all nodes and networks; of ConfigMaps, DaemonSets and pods those that have to do with
    /// device plugins and networks; of events those about such pods that do not run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, ObjectFacts>")]
    pub objects: BTreeMap<ObjectRef, ObjectFacts>,
    /// The kinds that the cluster does not have, since nobody has defined them (CustomResourceDefinition).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub undefined: BTreeSet<ObjectKind>,
    /// The kinds whose objects could not be read, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub unread: BTreeMap<ObjectKind, String>,
}

/// The taints of nodes whose kubelet does not say that it is ready.
const OUT_OF_REACH: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/// The facts of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ObjectFacts {
    /// What the API server calls it (`metadata.uid`).
    pub uid: String,
    /// The field managers that have set something in it (`metadata.managedFields`), but for its status.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub managers: BTreeSet<String>,
    /// The objects that it belongs to, such as `DaemonSet plugin` (`metadata.ownerReferences`).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub owners: BTreeSet<String>,
    /// When its content was last changed, by the clock of the API server; only of ConfigMaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// Whether it is being deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_going: bool,
    /// What it says: labels and annotations below `metadata`, and the fields that the table of kinds keeps.
    pub content: JsonValue,
}

impl ObjectFacts {
    /// Returns a label; `None` where the object has none of this name.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.content.at(&["metadata", "labels", name])?.text()
    }

    /// Returns whether the object says that vfctl owns it.
    pub fn is_ours(&self) -> bool {
        let (name, value) = OWNER_LABEL;
        self.label(name) == Some(value)
    }

    /// Returns the keys of a ConfigMap and their values, whoever made them; none of another object.
    pub fn data(&self) -> impl Iterator<Item = (&str, &JsonValue)> {
        self.content.at(&["data"]).into_iter().flat_map(JsonValue::fields)
    }

    /// Returns the node that a pod is on; `None` where it has none yet.
    pub fn node_name(&self) -> Option<&str> {
        self.content.at(&["spec", "nodeName"])?.text()
    }

    /// Returns an annotation; `None` where the object has none of this name.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.content.at(&["metadata", "annotations", name])?.text()
    }

    /// Returns when an event was last seen; `None` where it does not say.
    pub fn last_seen(&self) -> Option<&str> {
        let text = |path: &[&str]| self.content.at(path).and_then(JsonValue::text);
        [text(&["lastTimestamp"]), text(&["series", "lastObservedTime"]), text(&["eventTime"])]
            .into_iter()
            .flatten()
            .max()
    }

    /// Returns whether a DaemonSet's controller has seen what the DaemonSet says, and each of its pods runs accordingly; where no
    /// node is to have a pod, there is nothing to wait for (`DaemonSetStatus`, k8s.io/api/apps/v1).
    pub fn is_rolled_out(&self) -> bool {
        let Some(wanted) = self.desired_pods() else { return false };
        self.updated_pods() >= wanted && self.ready_pods() >= wanted
    }

    /// Returns how many pods a DaemonSet is to have; `None` where its controller has not seen yet what it says.
    pub fn desired_pods(&self) -> Option<u64> {
        let has_seen =
            self.number(&["status", "observedGeneration"])? >= self.number(&["metadata", "generation"])?;
        has_seen.then(|| self.number(&["status", "desiredNumberScheduled"]).unwrap_or(0))
    }

    /// Returns how many pods of a DaemonSet are as it says.
    pub fn updated_pods(&self) -> u64 {
        self.number(&["status", "updatedNumberScheduled"]).unwrap_or(0)
    }

    /// Returns how many pods of a DaemonSet are ready.
    pub fn ready_pods(&self) -> u64 {
        self.number(&["status", "numberReady"]).unwrap_or(0)
    }

    /// Returns whether the API server serves the kind that a CustomResourceDefinition defines.
    pub fn is_established(&self) -> bool {
        self.has_condition("Established")
    }

    /// Returns whether a pod says that it is ready.
    pub fn is_ready(&self) -> bool {
        self.has_condition("Ready")
    }

    /// Returns whether a node has not told the cluster lately that it is ready: the cluster taints it then
    /// (`TaintNodeNotReady` and `TaintNodeUnreachable`, k8s.io/api/core/v1).
    pub fn is_out_of_reach(&self) -> bool {
        let taints = self.content.members_at(&["spec", "taints"]);
        taints.iter().filter_map(|taint| taint.field("key")?.text()).any(|key| OUT_OF_REACH.contains(&key))
    }

    fn has_condition(&self, name: &str) -> bool {
        let conditions = self.content.members_at(&["status", "conditions"]);
        conditions.iter().any(|condition| {
            let says =
                |name: &str, value: &str| condition.field(name).and_then(JsonValue::text) == Some(value);
            says("type", name) && says("status", "True")
        })
    }

    fn number(&self, path: &[&str]) -> Option<u64> {
        match self.content.at(path)? {
            JsonValue::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns how many devices of a resource a node offers; 0 where it does not know the resource, `None` where what it says is
    /// no count.
    pub fn allocatable(&self, resource: &ResourceName) -> Option<u32> {
        match self.content.at(&["status", "allocatable", &resource.to_string()]) {
            Some(JsonValue::Text(text)) => count_of(text),
            Some(JsonValue::Number(number)) => u32::try_from(*number).ok(),
            Some(JsonValue::Null) | None => Some(0),
            Some(_) => None,
        }
    }
}

/// Returns the count that a quantity is: `1000` is written `1k` (`Quantity`, k8s.io/apimachinery/pkg/api/resource).
fn count_of(text: &str) -> Option<u32> {
    const UNITS: [(&str, u64); 5] =
        [("Ki", 1 << 10), ("Mi", 1 << 20), ("k", 1_000), ("M", 1_000_000), ("", 1)];
    let (digits, unit) = UNITS.iter().find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, *unit)))?;
    u32::try_from(digits.parse::<u64>().ok()?.checked_mul(unit)?).ok()
}

impl ClusterFacts {
    /// Returns the objects of a kind.
    pub fn of_kind(&self, kind: ObjectKind) -> impl Iterator<Item = (&ObjectRef, &ObjectFacts)> {
        self.objects.iter().filter(move |(object, _)| object.kind() == kind)
    }

    /// Returns the node that a host is: the one of its name, or whose label `kubernetes.io/hostname` says so.
    pub fn node_of(&self, host: &HostName) -> Option<(&ObjectName, &ObjectFacts)> {
        let name = host.as_str();
        let by_name = name.parse().ok().and_then(|name| self.objects.get_key_value(&ObjectRef::node(name)));
        let by_label = || {
            self.of_kind(ObjectKind::Node)
                .find(|(_, node)| node.label("kubernetes.io/hostname") == Some(name))
        };
        by_name.or_else(by_label).map(|(object, facts)| (object.name(), facts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn daemon_set_is_rolled_out_once_all_its_pods_are_new_and_ready() {
        let cases = [
            (
                r#"{"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberReady": 2}"#,
                true,
            ),
            (
                r#"{"observedGeneration": 1, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberReady": 2}"#,
                false,
            ),
            (
                r#"{"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 1, "numberReady": 2}"#,
                false,
            ),
            (
                r#"{"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberReady": 1}"#,
                false,
            ),
            (r#"{"observedGeneration": 2, "desiredNumberScheduled": 2, "numberReady": 2}"#, false),
            (r#"{"observedGeneration": 2, "desiredNumberScheduled": 0, "numberReady": 0}"#, true),
            ("{}", false),
        ];
        for (status, expected) in cases {
            let content = format!(r#"{{"metadata": {{"generation": 2}}, "status": {status}}}"#);
            let content = JsonValue::from_text(&content).expect("JSON");
            let set = ObjectFacts { content, ..ObjectFacts::default() };
            assert_eq!(set.is_rolled_out(), expected, "{status}");
        }
    }

    #[test]
    fn definition_is_established_once_a_condition_says_so() {
        for (status, expected) in [("True", true), ("False", false)] {
            let content = format!(
                r#"{{"status": {{"conditions": [{{"type": "NamesAccepted", "status": "True"}}, {{"type": "Established", "status": "{status}"}}]}}}}"#
            );
            let content = JsonValue::from_text(&content).expect("JSON");
            assert_eq!(ObjectFacts { content, ..ObjectFacts::default() }.is_established(), expected);
        }
    }

    #[test]
    fn count_is_what_the_quantity_says_and_what_is_none_is_not_zero() {
        let cases = [
            ("8", Some(8)),
            ("1k", Some(1000)),
            ("1Ki", Some(1024)),
            ("0", Some(0)),
            ("500m", None),
            ("", None),
        ];
        for (text, count) in cases {
            assert_eq!(count_of(text), count, "{text}");
        }
    }
}
