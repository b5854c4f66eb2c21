//! The link of the node: which nodes the pod may be on by labels, and what the scheduler says.

use vfctl_model::{JsonValue, ObjectName};
use vfctl_port::ObjectFacts;

use super::chain::{BreakReason, PodLink, PodLinkKind};
use super::network_names::{NETWORKS, NetworkName};
use super::node_affinity::unfulfilled;
use super::scene::{Scene, few};
use super::walk::{lacking, selector};

/// The annotation of a network by which the operator's injector has its pods on nodes with a label.
const NODE_SELECTOR: &str = "k8s.v1.cni.cncf.io/nodeSelector";

/// Returns the nodes that the pod may be on: its own, or those with the labels that it asks for.
pub(super) fn candidates<'a>(scene: &Scene<'a>) -> Vec<(&'a ObjectName, &'a ObjectFacts)> {
    match scene.node_name() {
        Some(own) => scene.nodes().filter(|(node, _)| node.as_str() == own).collect(),
        None => scene.nodes().filter(|(name, facts)| Lack::of(scene, name, facts).count() == 0).collect(),
    }
}

/// What the pod asks of its node and a node does not have.
#[derive(Debug, Default)]
struct Lack {
    /// Labels of the pod's `nodeSelector`.
    labels: Vec<String>,
    /// Requirements of its node affinity.
    affinity: Vec<String>,
}

impl Lack {
    fn of(scene: &Scene<'_>, name: &ObjectName, node: &ObjectFacts) -> Self {
        let wanted = selector(scene.facts.content.at(&["spec", "nodeSelector"]));
        let labels = lacking(wanted.into_iter(), |key| node.label(key));
        Self { labels, affinity: unfulfilled(scene.facts, name, node) }
    }

    fn count(&self) -> usize {
        self.labels.len() + self.affinity.len()
    }

    /// Returns by which field the pod asks for it.
    fn field(&self) -> &'static str {
        if self.labels.is_empty() { "nodeAffinity" } else { "nodeSelector" }
    }

    /// Returns what is asked for, behind what a node does with it: words for a label, and words for the affinity.
    fn text(&self, has: &str, fulfils: &str) -> String {
        let field = self.field();
        match self.labels.as_slice() {
            [] => format!("{fulfils} what the pod's `{field}` asks for: {}", self.affinity.join(", ")),
            labels => format!("{has} {}, which the pod's `{field}` asks for", labels.join(", ")),
        }
    }

    /// Returns what to do about it.
    fn help(&self) -> String {
        let field = self.field();
        match self.labels.as_slice() {
            [] => format!("label a node that is to have the pod as it asks, or correct its `{field}`"),
            labels => {
                let labels = labels.join(" ");
                format!(
                    "`kubectl label node NODE {labels}` on a node that is to have the pod, or correct its `{field}`"
                )
            }
        }
    }
}

/// Returns what keeps the pod from a node by its labels, and by which field the pod asks for them, for people.
pub(super) fn selection_of(scene: &Scene<'_>, node: &ObjectName) -> (String, &'static str) {
    let facts = scene.nodes().find(|(name, _)| *name == node);
    let lack = facts.map(|(name, facts)| Lack::of(scene, name, facts)).unwrap_or_default();
    (format!("node {node} {}", lack.text("has no label", "does not fulfil")), lack.field())
}

/// Checks that there is a node of the labels that the pod and its networks ask for, and that the scheduler has chosen one.
pub(super) fn check(scene: &Scene<'_>, links: &mut Vec<PodLink>) {
    let link = PodLinkKind::Node;
    if let Some((network, label)) = label_of_network(scene) {
        let found = format!("network {network} is for nodes with the label {label}, and {}", whose(scene));
        links.push(
            PodLink::broken(link, label.clone(), BreakReason::NodeLabelMissing, found).with_help(format!(
                "set it on a node that has the network (`kubectl label node NODE {label}`), and have the pod ask for it by \
                 `nodeSelector`"
            )),
        );
    }
    if let Some(node) = scene.node_name() {
        links.push(PodLink::holds(link, node, "the pod is on it"));
        return;
    }
    let nodes: Vec<(&ObjectName, &ObjectFacts)> = scene.nodes().collect();
    if !nodes.is_empty() && candidates(scene).is_empty() {
        let lacks = nodes.iter().map(|(name, facts)| Lack::of(scene, name, facts));
        let lack = lacks.min_by_key(Lack::count).unwrap_or_default();
        let found = format!("no node {}", lack.text("has the label", "fulfils"));
        links.push(
            PodLink::broken(link, lack.field(), BreakReason::NodeLabelMissing, found)
                .with_details(scheduler_says(scene).map(|message| format!("the scheduler says: {message}")))
                .with_help(lack.help()),
        );
        return;
    }
    match scheduler_says(scene) {
        Some(message) => {
            let found = format!("the scheduler says: {message}");
            links.push(
                PodLink::broken(link, "scheduler", BreakReason::NotScheduled, found).with_help(
                    "where no other link is broken, its message says what the pod needs of a node",
                ),
            );
        }
        None => links.push(
            PodLink::unknown(link, "scheduler", "the scheduler has not said anything of the pod yet")
                .with_help(
                    "wait a few seconds; if it stays so, the scheduler that the pod names does not run",
                ),
        ),
    }
}

/// Returns what the scheduler says of a pod that it has not placed.
fn scheduler_says<'a>(scene: &Scene<'a>) -> Option<&'a str> {
    let text = |value: &'a JsonValue, name: &str| value.field(name)?.text();
    let condition = scene
        .status_list("conditions")
        .iter()
        .find(|one| text(one, "type") == Some("PodScheduled") && text(one, "status") == Some("False"));
    let said = condition.and_then(|one| text(one, "message").or_else(|| text(one, "reason")));
    let warned = || {
        let mut warnings = scene.warnings().into_iter();
        warnings.find(|one| one.reason == "FailedScheduling").map(|one| one.message)
    };
    said.or_else(warned)
}

/// Returns the first network whose label no node has that the pod may be on, and that label.
fn label_of_network(scene: &Scene<'_>) -> Option<(String, String)> {
    let text = scene.facts.annotation(NETWORKS)?;
    let networks = NetworkName::list(text, scene.pod.namespace()?).ok()?;
    let candidates = candidates(scene);
    networks.iter().find_map(|network| {
        let wanted = scene.cluster.objects.get(&network.object())?.annotation(NODE_SELECTOR)?;
        let labels = wanted.split(',').map(|term| term.split_once('=').unwrap_or((term, "")));
        let labels: Vec<(&str, &str)> = labels.map(|(key, value)| (key.trim(), value.trim())).collect();
        let missing = |facts: &ObjectFacts| lacking(labels.iter().copied(), |key| facts.label(key));
        let fits = candidates.iter().any(|(_, facts)| missing(facts).is_empty());
        let first = candidates.first().map(|(_, facts)| missing(facts)).unwrap_or_default();
        (!fits && !first.is_empty()).then(|| (network.to_string(), first.join(",")))
    })
}

fn whose(scene: &Scene<'_>) -> String {
    match scene.node_name() {
        Some(node) => format!("node {node} has it not"),
        None => {
            let nodes: Vec<&ObjectName> = candidates(scene).into_iter().map(|(node, _)| node).collect();
            format!("no node has it that the pod may be on ({})", few(&nodes))
        }
    }
}
