//! What a node says of vfctl's device plugin: by a label, whether it runs there; by an annotation, which documents its pools are of.
//!
//! The documents are noted since others that say nothing of pools must not take them back, and others with pools of their own must
//! not take their place.

use std::collections::BTreeSet;

use vfctl_model::{JsonValue, ObjectName};
use vfctl_port::ObjectFacts;

use crate::cluster::{ClusterContext, text};

/// The label of nodes that says whether the plugin runs on them.
pub(crate) const STATE_LABEL: &str = "vfctl.dev/device-plugin";

/// The label's value where the plugin runs.
pub(crate) const ACTIVE: &str = "active";

/// The label's value where a node is out of service.
pub(crate) const PAUSED: &str = "paused";

/// The annotation of nodes that names the documents which their pools are of, with commas between them.
pub(crate) const DOCUMENTS: &str = "vfctl.dev/documents";

/// Returns what a node is to say: the label, and the documents.
pub(crate) fn node_state(label: JsonValue, documents: JsonValue) -> JsonValue {
    let labels = JsonValue::of([(STATE_LABEL, label)]);
    let annotations = JsonValue::of([(DOCUMENTS, documents)]);
    JsonValue::of([("metadata", JsonValue::of([("labels", labels), ("annotations", annotations)]))])
}

/// Returns the annotation that names these documents.
pub(crate) fn named(documents: &BTreeSet<String>) -> JsonValue {
    text(documents.iter().map(String::as_str).collect::<Vec<_>>().join(","))
}

/// Returns the annotation as a node has it.
pub(crate) fn as_named(node: &ObjectFacts) -> JsonValue {
    node.annotation(DOCUMENTS).map_or(JsonValue::Null, text)
}

/// Returns the documents that a node's pools are of.
pub(crate) fn documents_of(node: &ObjectFacts) -> BTreeSet<&str> {
    node.annotation(DOCUMENTS)
        .into_iter()
        .flat_map(|names| names.split(','))
        .filter(|name| !name.is_empty())
        .collect()
}

/// Returns those of them that are not at hand.
pub(crate) fn absent_documents<'a>(context: &ClusterContext<'_>, node: &'a ObjectFacts) -> Vec<&'a str> {
    let is_at_hand = |name: &&str| context.documents.iter().any(|one| one.config.metadata.name == **name);
    documents_of(node).into_iter().filter(|name| !is_at_hand(name)).collect()
}

/// Returns whether a node has pools, all of documents that are at hand.
pub(crate) fn is_of_these(context: &ClusterContext<'_>, node: &ObjectFacts) -> bool {
    !documents_of(node).is_empty() && absent_documents(context, node).is_empty()
}

/// Returns the nodes whose pools no document asks for any more, all documents that did being at hand.
pub(super) fn left_nodes<'a>(context: &ClusterContext<'a>) -> BTreeSet<&'a ObjectName> {
    let without = context.offers.iter().filter(|(_, offer)| offer.config.is_none());
    let nodes = without.filter_map(|(host, _)| context.facts.node_of(host));
    nodes.filter(|(_, node)| is_of_these(context, node)).map(|(name, _)| name).collect()
}
