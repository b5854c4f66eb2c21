//! The pod of a probe, as the cluster takes it, and what its status says of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vfctl_model::{JsonValue, NamespaceName, OWNER_LABEL, ObjectKind, ObjectName, ObjectRef, ResourceName};
use vfctl_port::ObjectFacts;

use super::inside::Inside;
use super::script::Script;
use crate::network::{NetworkSpec, PodStanza, StanzaError};

/// The label of every probe; its value is that of one run.
pub const RUN_LABEL: &str = "vfctl.dev/verify";

/// The annotation that says which process the probe belongs to: host, process id, when it was started, boot and PID namespace.
pub const RUN_ANNOTATION: &str = "vfctl.dev/verify-process";

/// The container that looks, before the one that keeps the VFs.
const LOOK: &str = "look";

/// What all probes of one run have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbePlace {
    /// The run's name.
    pub run: String,
    /// The process that it belongs to.
    pub process: String,
    /// The image of the containers.
    pub image: String,
    /// The node that they are to be on; `None` where the scheduler may choose.
    pub node: Option<ObjectName>,
    /// After how many seconds the cluster ends them by itself.
    pub deadline: u64,
}

/// A pod that shows whether networks are as a spec says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbePod {
    /// Its name.
    pub object: ObjectRef,
    /// The networks that it has.
    pub networks: Vec<NetworkSpec>,
    /// What it is made to say.
    pub content: JsonValue,
}

impl ProbePod {
    /// Returns the pod with these networks, the run's `number`th, that runs a script.
    ///
    /// # Errors
    /// Where no pod can have these networks.
    pub fn new(
        networks: &[&NetworkSpec],
        namespace: Option<&NamespaceName>,
        number: usize,
        place: &ProbePlace,
        script: &Script,
    ) -> Result<Self, StanzaError> {
        let stanza = PodStanza::of(networks, namespace)?;
        let of_stanza = stanza.namespace().and_then(|name| name.parse().ok());
        let namespace = namespace.cloned().or(of_stanza).or_else(|| "default".parse().ok());
        let namespace = namespace.ok_or(StanzaError::NoNamespace)?;
        let name = format!("vfctl-verify-{}-{number}", place.run);
        let name: ObjectName = name.parse().map_err(|_| StanzaError::NoNamespace)?;
        let stanza = serde_json::to_value(&stanza).unwrap_or_default();
        let content = manifest(&stanza, place, script).to_string();
        Ok(Self {
            object: ObjectRef::in_namespace(ObjectKind::Pod, namespace, name),
            networks: networks.iter().map(|network| (*network).clone()).collect(),
            content: JsonValue::from_text(&content).unwrap_or_default(),
        })
    }

    /// Returns the pod's name with its namespace.
    pub fn name(&self) -> String {
        let namespace = self.object.namespace().map_or_else(String::new, |name| format!("{name}/"));
        format!("{namespace}{}", self.object.name())
    }

    /// Returns the networks' names.
    pub fn network_names(&self) -> String {
        let names: Vec<&str> = self.networks.iter().map(|network| network.name.as_str()).collect();
        names.join(",")
    }
}

/// Returns the pod without its name. What looks is an init container: it ends, so that its message is in the status, while the other
/// keeps the VFs where they are.
fn manifest(stanza: &Value, place: &ProbePlace, script: &Script) -> Value {
    let ProbePlace { run, process, image, node, deadline } = place;
    let annotations = stanza.pointer("/metadata/annotations").cloned().unwrap_or_default();
    let mut annotations = annotations.as_object().cloned().unwrap_or_default();
    annotations.insert(RUN_ANNOTATION.to_owned(), json!(process));
    let resources = stanza.pointer("/spec/containers/0/resources").cloned().unwrap_or_default();
    let container = |name: &str, script: String| json!({"name": name, "image": image, "command": ["/bin/sh", "-c", script]});
    let mut look = container(LOOK, script.text());
    let mut keep = container("main", format!("trap 'exit 0' TERM; sleep {deadline} & wait"));
    if script.test.is_some()
        && let Some(look) = look.as_object_mut()
    {
        // An address is added, and `ping` opens a raw socket.
        let rights = json!({"runAsUser": 0, "capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}});
        look.insert("securityContext".to_owned(), rights);
    }
    if let Some(keep) = keep.as_object_mut() {
        keep.insert("resources".to_owned(), resources);
    }
    let (owner, owner_value) = OWNER_LABEL;
    let mut spec = json!({
        "restartPolicy": "Never",
        "activeDeadlineSeconds": deadline,
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": false,
        "initContainers": [look],
        "containers": [keep],
    });
    if let (Some(node), Some(spec)) = (node, spec.as_object_mut()) {
        // By the scheduler, which counts devices: a pod that names its node fails where they are in use.
        let field = json!({"key": "metadata.name", "operator": "In", "values": [node.to_string()]});
        let terms = json!({"nodeSelectorTerms": [{"matchFields": [field]}]});
        let affinity = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}});
        spec.insert("affinity".to_owned(), affinity);
    }
    json!({
        "metadata": {
            "labels": {RUN_LABEL: run, owner: owner_value},
            "annotations": annotations,
        },
        "spec": spec,
    })
}

/// Returns the interface that a pod with these networks has for one of them: the default network's is `eth0`, those of the others
/// are `net1`, `net2` and so on, in the order of the annotation (`getIfname`, multus-cni, pkg/multus/multus.go).
pub fn interface_of(networks: &[NetworkSpec], name: &ObjectName) -> String {
    let others = networks.iter().filter(|network| !network.default_network);
    match others.zip(1..).find(|(network, _)| network.name == *name) {
        Some((_, number)) => format!("net{number}"),
        None => "eth0".to_owned(),
    }
}

/// Returns what the probe says of itself; `None` until it has.
pub fn looked(pod: &ObjectFacts) -> Option<Inside> {
    let statuses = pod.content.members_at(&["status", "initContainerStatuses"]);
    let look = statuses.iter().find(|status| status.field("name").and_then(JsonValue::text) == Some(LOOK))?;
    let ended = look.at(&["state", "terminated"])?;
    Some(Inside::read(ended.field("message").and_then(JsonValue::text).unwrap_or_default()))
}

/// Returns groups of networks in waves, so that those of a wave ask for different resources: a pool may have one VF left.
pub fn waves<'a>(groups: &[Vec<&'a NetworkSpec>]) -> Vec<Vec<Vec<&'a NetworkSpec>>> {
    let mut waves: Vec<(BTreeSet<&ResourceName>, Vec<Vec<&NetworkSpec>>)> = Vec::new();
    for group in groups {
        let wanted: BTreeSet<&ResourceName> = group.iter().map(|network| &network.resource).collect();
        match waves.iter_mut().find(|(taken, _)| taken.is_disjoint(&wanted)) {
            Some((taken, wave)) => {
                taken.extend(wanted);
                wave.push(group.clone());
            }
            None => waves.push((wanted, vec![group.clone()])),
        }
    }
    waves.into_iter().map(|(_, wave)| wave).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(name: &str, resource: &str) -> NetworkSpec {
        let json = json!({"name": name, "namespaces": ["x"], "resource": resource});
        serde_json::from_value(json).expect("a network")
    }

    fn place() -> ProbePlace {
        ProbePlace {
            run: "ab12".to_owned(),
            process: "lab 1 2".to_owned(),
            image: "localhost/tools:1".to_owned(),
            node: "worker-1".parse().ok(),
            deadline: 90,
        }
    }

    #[test]
    fn pod_ends_by_itself_and_says_whose_it_is() {
        let network = network("a", "intel.com/net");
        let pod = ProbePod::new(&[&network], None, 3, &place(), &Script::default()).expect("a pod");
        assert_eq!(pod.name(), "x/vfctl-verify-ab12-3");
        let at = |path: &[&str]| pod.content.at(path).map(JsonValue::to_text).unwrap_or_default();
        assert_eq!(at(&["spec", "activeDeadlineSeconds"]), "90");
        assert_eq!(at(&["spec", "terminationGracePeriodSeconds"]), "1");
        assert_eq!(at(&["metadata", "labels", RUN_LABEL]), r#""ab12""#);
        assert_eq!(at(&["metadata", "annotations", "k8s.v1.cni.cncf.io/networks"]), r#""a""#);
        let text = pod.content.to_text();
        assert!(text.contains(r#""limits":{"intel.com/net":"1"}"#), "{text}");
        assert!(text.contains(r#""values":["worker-1"]"#) && !text.contains("NET_ADMIN"), "{text}");
    }

    #[test]
    fn wave_asks_for_each_resource_once() {
        let (a, b, c) = (network("a", "x.y/1"), network("b", "x.y/1"), network("c", "x.y/2"));
        let names: Vec<Vec<String>> = waves(&[vec![&a], vec![&b], vec![&c]])
            .iter()
            .map(|wave| wave.iter().flatten().map(|network| network.name.to_string()).collect())
            .collect();
        assert_eq!(names, [vec!["a", "c"], vec!["b"]]);
    }

    #[test]
    fn interfaces_are_numbered_without_the_default_network() {
        let (a, b) = (network("a", "x.y/1"), network("b", "x.y/1"));
        let default = NetworkSpec { default_network: true, ..network("d", "x.y/1") };
        let networks = [default, a, b];
        let interface = |name: &str| interface_of(&networks, &name.parse().expect("a name"));
        assert_eq!([interface("d"), interface("a"), interface("b")], ["eth0", "net1", "net2"]);
    }
}
