//! What a scenario might have changed in the API server: objects, and what is said of nodes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::kubectl::Kubectl;
use super::provider::ClusterError;

/// The kinds that scenarios make, those that make others first.
pub const KINDS: &str = "deployments,daemonsets,statefulsets,replicasets,jobs,pods,net-attach-def,\
    poddisruptionbudgets,configmaps,secrets,services,serviceaccounts,roles,rolebindings,clusterroles,\
    clusterrolebindings,ippools.whereabouts.cni.cncf.io,overlappingrangeipreservations.whereabouts.cni.cncf.io,\
    customresourcedefinitions,leases,namespaces";
/// The kind of networks.
const NETWORKS: &str = "network-attachment-definitions.k8s.cni.cncf.io";
/// A line for each object: kind, version, namespace, name, and what its name was made from.
pub(super) const LINES: &str = "go-template={{range .items}}{{.kind}} {{.apiVersion}} {{or .metadata.namespace \"-\"}} {{.metadata.name}} \
    {{or .metadata.generateName .metadata.name}}{{\"\\n\"}}{{end}}";

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its kind.
    pub kind: String,
    /// Its group and version.
    version: String,
    /// Its namespace; `None` for one that belongs to none.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// What its name was made from, which is the same after it was made again.
    made_from: String,
}

impl Object {
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let mut next = || words.next().map(str::to_owned);
        let (kind, version, namespace, name, made_from) = (next()?, next()?, next()?, next()?, next()?);
        Some(Self { kind, version, namespace: Some(namespace).filter(|name| name != "-"), name, made_from })
    }

    /// Its kind as kubectl finds any, whatever its plural is.
    pub fn kubectl_kind(&self) -> String {
        match self.version.split_once('/') {
            Some((group, version)) => format!("{}.{version}.{group}", self.kind),
            None => self.kind.clone(),
        }
    }

    /// Deletes it, without waiting for its end; `more` are further words for kubectl.
    ///
    /// # Errors
    ///
    /// When the API server refuses.
    pub fn delete(&self, kubectl: &Kubectl, more: &[&str]) -> Result<(), ClusterError> {
        let kind = self.kubectl_kind();
        let mut words = vec!["delete", &kind, &self.name, "--ignore-not-found", "--wait=false"];
        if let Some(namespace) = &self.namespace {
            words.extend(["--namespace", namespace]);
        }
        words.extend(more);
        kubectl.run(&words).map(|_| ())
    }

    /// The line of a world that says that it is there.
    pub fn line(&self) -> String {
        let Self { kind, version: _, namespace, name: _, made_from } = self;
        format!("{kind} {}/{made_from}", namespace.as_deref().unwrap_or_default())
    }
}

/// Where kubelets say that they are alive: it belongs to no scenario, and a node is ready before its lease is there.
const OF_KUBELETS: &str = "kube-node-lease";

/// All objects of the kinds that scenarios make.
///
/// # Errors
///
/// When the API server does not say.
pub fn objects(kubectl: &Kubectl) -> Result<Vec<Object>, ClusterError> {
    // What nobody has installed is defined by nobody.
    let defined = kubectl.run(&["api-resources", "--output", "name"])?;
    let is_defined = |kind: &&str| {
        let name = if *kind == "net-attach-def" { NETWORKS } else { *kind };
        !name.contains('.') || defined.lines().any(|line| line == name)
    };
    let kinds: Vec<&str> = KINDS.split(',').filter(is_defined).collect();
    let printed = kubectl.run(&["get", &kinds.join(","), "--all-namespaces", "--output", LINES])?;
    let objects = printed.lines().filter_map(Object::parse);
    Ok(objects.filter(|object| object.namespace.as_deref() != Some(OF_KUBELETS)).collect())
}

/// A node, as scenarios change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its taints: key and effect.
    pub taints: Vec<(String, String)>,
    /// Whether it takes no pods.
    pub unschedulable: bool,
    /// What device plugins have offered, with what is left of it.
    pub resources: BTreeMap<String, String>,
    ready: String,
}

impl Node {
    fn parse(node: &Value) -> Self {
        let map = |path: &str| -> BTreeMap<String, String> {
            let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
            node.pointer(path).and_then(Value::as_object).into_iter().flatten().filter_map(text).collect()
        };
        let list = |path: &str| node.pointer(path).and_then(Value::as_array).cloned().unwrap_or_default();
        let word =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut resources = map("/status/allocatable");
        resources.retain(|name, _| name.contains('/'));
        let conditions = list("/status/conditions");
        let ready = conditions.iter().find(|condition| word(condition, "type") == "Ready");
        Self {
            name: node.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            labels: map("/metadata/labels"),
            annotations: map("/metadata/annotations"),
            taints: list("/spec/taints")
                .iter()
                .map(|taint| (word(taint, "key"), word(taint, "effect")))
                // Those come and go with the node's readiness, which is looked at by itself.
                .filter(|(key, _)| key != "node.kubernetes.io/not-ready")
                .collect(),
            unschedulable: node.pointer("/spec/unschedulable") == Some(&Value::Bool(true)),
            resources,
            ready: ready.map(|ready| word(ready, "status")).unwrap_or_default(),
        }
    }

    /// The lines of a world that say what is said of it.
    pub fn lines(&self) -> Vec<String> {
        let Self { name, labels, annotations, taints, unschedulable, resources, ready } = self;
        let pairs = |what: &str, map: &BTreeMap<String, String>| -> Vec<String> {
            map.iter().map(|(key, value)| format!("Node {name} {what} {key}={value}")).collect()
        };
        let mut lines = pairs("label", labels);
        lines.extend(pairs("annotation", annotations));
        lines.extend(taints.iter().map(|(key, effect)| format!("Node {name} taint {key}:{effect}")));
        lines.push(format!("Node {name} unschedulable {unschedulable}"));
        // What is gone stays as a zero until the kubelet forgets it.
        lines.extend(
            resources
                .iter()
                .filter(|(_, count)| *count != "0")
                .map(|(resource, count)| format!("Node {name} offers {resource}={count}")),
        );
        lines.push(format!("Node {name} ready {ready}"));
        lines
    }
}

/// All nodes.
///
/// # Errors
///
/// When the API server does not say.
pub fn nodes(kubectl: &Kubectl) -> Result<Vec<Node>, ClusterError> {
    let printed = kubectl.run(&["get", "nodes", "--output", "json"])?;
    let list: Value = serde_json::from_str(&printed)
        .map_err(|source| ClusterError::Document { path: "the list of nodes".into(), source })?;
    Ok(list.get("items").and_then(Value::as_array).into_iter().flatten().map(Node::parse).collect())
}

/// What a scenario might have changed, in an order that is always the same.
///
/// # Errors
///
/// When the API server does not say.
pub fn world(kubectl: &Kubectl) -> Result<Vec<String>, ClusterError> {
    let mut lines: Vec<String> = objects(kubectl)?.iter().map(Object::line).collect();
    lines.extend(nodes(kubectl)?.iter().flat_map(Node::lines));
    lines.sort();
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_that_was_made_again_is_the_same() {
        let line = |text: &str| Object::parse(text).unwrap().line();
        assert_eq!(
            line("Pod v1 kube-system multus-abc multus-"),
            line("Pod v1 kube-system multus-xyz multus-")
        );
        assert_eq!(line("Namespace v1 - a a"), "Namespace /a");
    }

    #[test]
    fn a_kind_is_said_with_its_group() {
        let kind = |text: &str| Object::parse(text).unwrap().kubectl_kind();
        assert_eq!(kind("DaemonSet apps/v1 a b b"), "DaemonSet.v1.apps");
        assert_eq!(kind("Pod v1 a b b"), "Pod");
    }

    #[test]
    fn what_is_gone_is_no_offer_and_hugepages_are_none() {
        let text = r#"{"metadata": {"name": "n", "labels": {"a": "b"}}, "spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]},
            "status": {"allocatable": {"x/y": "2", "x/z": "0", "hugepages-2Mi": "0", "cpu": "1"},
                       "conditions": [{"type": "Ready", "status": "True"}]}}"#;
        let node = Node::parse(&serde_json::from_str(text).unwrap());
        assert_eq!(
            node.lines(),
            [
                "Node n label a=b",
                "Node n taint k:NoSchedule",
                "Node n unschedulable false",
                "Node n offers x/y=2",
                "Node n ready True"
            ]
        );
        assert_eq!(node.resources.len(), 2);
    }
}
