//! Whom a document concerns, and what differs by host.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{HostName, MacAddress, ObjectKind};
use vfctl_port::ClusterFacts;

use super::label_selector::{LabelSelector, Term};
use super::name_pattern::NamePattern;

/// The values of one host: lists of MAC addresses by a name of the document's own.
pub type HostValues = BTreeMap<String, Vec<MacAddress>>;

/// The hosts that a document concerns: those of these names whose nodes have these labels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schemars(extend("minProperties" = 1))]
pub struct NodeSelector {
    /// Names of hosts; `*` stands for any text. Absent, a host may have any name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), inner(regex(pattern = "^[^\\s/]+$")))]
    pub names: Option<Vec<String>>,
    /// The labels of the host's node, which are read of the cluster. Absent, the host need not be a node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelSelector>,
}

/// Whether a document concerns a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Concern {
    /// It does.
    Concerned,
    /// It does not.
    NotConcerned,
    /// The labels of the host's node decide, and they are not known.
    Undecided(Undecided),
}

/// Why the labels of a host's node are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Undecided {
    /// No cluster was read.
    NoCluster,
    /// Nodes could not be read, with the cause.
    Unread(String),
    /// The cluster has no such node.
    NoNode,
}

impl NodeSelector {
    /// Returns the selector of the one host of this name.
    pub fn of_host(host: &HostName) -> Self {
        Self { names: Some(vec![host.to_string()]), labels: None }
    }

    /// Returns the names that are given, patterns among them.
    pub fn given_names(&self) -> &[String] {
        self.names.as_deref().unwrap_or_default()
    }

    /// Returns whether the names allow this host. It is concerned where there are no labels; otherwise those of its node decide.
    pub(super) fn allows(&self, host: &str) -> bool {
        self.names
            .as_ref()
            .is_none_or(|names| names.iter().any(|pattern| NamePattern::new(pattern).matches(host)))
    }

    /// Returns whether the document concerns a host, by its name and by the labels that the cluster has of its node.
    pub(super) fn concern(&self, host: &HostName, cluster: Option<&ClusterFacts>) -> Concern {
        let labels = match (self.allows(host.as_str()), &self.labels) {
            (false, _) => return Concern::NotConcerned,
            (true, None) => return Concern::Concerned,
            (true, Some(labels)) => labels,
        };
        let Some(facts) = cluster else { return Concern::Undecided(Undecided::NoCluster) };
        if let Some(why) = facts.unread.get(&ObjectKind::Node) {
            return Concern::Undecided(Undecided::Unread(why.clone()));
        }
        match facts.node_of(host) {
            None => Concern::Undecided(Undecided::NoNode),
            Some((_, node)) if labels.matches(|key| node.label(key)) => Concern::Concerned,
            Some(_) => Concern::NotConcerned,
        }
    }

    /// Returns whether each host that `other` selects is one of these.
    fn covers(&self, other: &Self) -> bool {
        let covers_names = match (&self.names, &other.names) {
            (None, _) => true,
            (Some(names), None) => names.iter().any(|name| name == "*"),
            // A pattern is held against a pattern as against any text: only `*` takes a `*`.
            (Some(_), Some(names)) => names.iter().all(|name| self.allows(name)),
        };
        covers_names && self.terms().is_subset(&other.terms())
    }

    /// Returns whether two documents surely meet on a host, where either concerns one at all. Of labels only those that are asked
    /// for alike are sure: `role: a` and `role: b` are how two documents share a cluster, and no node has both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let has_host_in = |one: &Self, other: &Self| {
            let mut samples = one.given_names().iter().map(|name| name.replace('*', ""));
            samples.any(|sample| other.allows(&sample))
        };
        let same_labels = self.terms() == other.terms();
        same_labels && (has_host_in(self, other) || has_host_in(other, self))
            || self.covers(other)
            || other.covers(self)
    }

    /// Returns what must hold of labels.
    fn terms(&self) -> BTreeSet<Term<'_>> {
        self.labels.as_ref().map(LabelSelector::terms).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn selector(value: serde_json::Value) -> NodeSelector {
        serde_json::from_value(value).expect("a selector")
    }

    #[test]
    fn names_and_labels_must_both_hold_and_unknown_labels_decide_nothing() {
        let host: HostName = "worker-1".parse().expect("a name");
        let facts =
            |value: serde_json::Value| -> ClusterFacts { serde_json::from_value(value).expect("facts") };
        let node = |name: &str| {
            let labels = json!({"kubernetes.io/hostname": name, "role": "dpdk"});
            json!({"uid": "1", "content": {"metadata": {"labels": labels}}})
        };
        let cluster = facts(json!({"objects": {"node worker-1": node("worker-1")}}));
        let renamed = facts(json!({"objects": {"node ip-10-0-0-1": node("worker-1")}}));
        let other = facts(json!({"objects": {"node worker-2": node("worker-2")}}));
        let unread = facts(json!({"unread": {"node": "forbidden"}}));
        let (yes, no) = (Concern::Concerned, Concern::NotConcerned);
        let labels = |role: &str| json!({"matchLabels": {"role": role}});
        let undecided = Concern::Undecided;
        for (nodes, cluster, expected) in [
            (json!({"names": ["worker-*"], "labels": labels("dpdk")}), Some(&cluster), yes.clone()),
            (json!({"names": ["worker-*"], "labels": labels("net")}), Some(&cluster), no.clone()),
            (json!({"names": ["storage-*"], "labels": labels("dpdk")}), Some(&cluster), no.clone()),
            (json!({"labels": labels("dpdk")}), Some(&cluster), yes.clone()),
            (json!({"labels": labels("dpdk")}), Some(&renamed), yes.clone()),
            (json!({"labels": labels("dpdk")}), Some(&other), undecided(Undecided::NoNode)),
            (
                json!({"labels": labels("dpdk")}),
                Some(&unread),
                undecided(Undecided::Unread("forbidden".to_owned())),
            ),
            (json!({"labels": labels("dpdk")}), None, undecided(Undecided::NoCluster)),
            // Where the name says no, or is all that counts, no cluster is needed.
            (json!({"names": ["storage-*"], "labels": labels("dpdk")}), None, no.clone()),
            (json!({"names": ["worker-1"]}), None, yes.clone()),
        ] {
            assert_eq!(selector(nodes.clone()).concern(&host, cluster), expected, "{nodes}");
        }
    }

    #[test]
    fn documents_meet_where_each_host_of_one_is_a_host_of_the_other() {
        let role = |role: &str| json!({"matchLabels": {"role": role}});
        let as_expression = json!({"matchExpressions": [{"key": "role", "operator": "In", "values": ["a"]}]});
        let both = json!({"matchLabels": {"role": "a", "zone": "1"}});
        for (one, other, meet) in [
            (json!({"names": ["worker-*"]}), json!({"names": ["worker-1"]}), true),
            (json!({"names": ["worker-*"]}), json!({"names": ["*-1"]}), false),
            (json!({"names": ["worker-1"]}), json!({"names": ["worker-2"]}), false),
            (json!({"names": ["*"]}), json!({"labels": role("a")}), true),
            (json!({"labels": role("a")}), json!({"labels": role("a")}), true),
            (json!({"labels": role("a")}), json!({"labels": as_expression}), true),
            (json!({"labels": role("a")}), json!({"labels": role("b")}), false),
            (json!({"labels": role("a")}), json!({"labels": both}), true),
            (json!({"names": ["worker-*"]}), json!({"names": ["worker-1"], "labels": role("a")}), true),
            (json!({"names": ["worker-1"]}), json!({"names": ["worker-*"], "labels": role("a")}), false),
            (
                json!({"names": ["a"], "labels": role("a")}),
                json!({"names": ["a"], "labels": role("a")}),
                true,
            ),
            (
                json!({"names": ["a"], "labels": role("a")}),
                json!({"names": ["b"], "labels": role("a")}),
                false,
            ),
        ] {
            assert_eq!(selector(one.clone()).meets(&selector(other.clone())), meet, "{one} {other}");
            assert_eq!(selector(other.clone()).meets(&selector(one.clone())), meet, "{other} {one}");
        }
    }
}
