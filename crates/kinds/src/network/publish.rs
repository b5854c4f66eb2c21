//! The NetworkAttachmentDefinitions of documents as objects of the cluster: written where they differ in what they mean, and
//! deleted where no document asks for one of vfctl's own any more.

use std::collections::BTreeSet;

use vfctl_model::{JsonValue, NamespaceName, ObjectKind, ObjectRef};
use vfctl_port::ObjectFacts;

use super::attachment::{ATTACHMENT_API_VERSION, ATTACHMENT_KIND, DOCUMENT_LABEL};
use super::attachment::{AttachmentMetadata, AttachmentSpec, NetworkAttachmentDefinition};
use super::rules::entry_path;
use crate::cluster::{ClusterContext, ClusterDraft, delete_lane, object, text, write_lane};
use crate::components::defines;
use crate::path::{Origin, SpecPath};

const KIND: ObjectKind = ObjectKind::NetworkAttachmentDefinition;

/// Drafts what is to be done about networks.
pub(super) fn plan(context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
    if !context.parts.shared {
        return;
    }
    let asked = context.documents.iter().find(|document| !document.config.spec.networks.is_empty());
    // What defines networks is written before them.
    let is_unread = context.facts.unread.contains_key(&KIND);
    let is_defined = defines(KIND, context.documents) && !is_unread;
    if let Some(why) = context.missing(KIND).filter(|_| !is_defined) {
        // Where none can be there is none to delete, either; what cannot be read may be there.
        if asked.is_some() || is_unread {
            let origin = asked.map(|document| (document.place)(&SpecPath::spec().key("networks")));
            draft.findings.problem(origin.as_ref(), why, context.fix_of_missing(KIND));
        }
        return;
    }
    let mut wanted = BTreeSet::new();
    for document in context.documents {
        let name = &document.config.metadata.name;
        for (position, network) in document.config.spec.networks.iter().enumerate() {
            let origin = (document.place)(&entry_path(position));
            let attachments = match NetworkAttachmentDefinition::of(name, network) {
                Ok(attachments) => attachments,
                Err(error) => {
                    draft.findings.problem(Some(&origin), error.to_string(), "correct the network");
                    continue;
                }
            };
            for attachment in attachments {
                plan_one(context, &attachment, name, &origin, &mut wanted, draft);
            }
        }
    }
    prune(context, &wanted, draft);
}

/// Drafts one object.
fn plan_one(
    context: &ClusterContext<'_>,
    attachment: &NetworkAttachmentDefinition,
    document: &str,
    origin: &Origin,
    wanted: &mut BTreeSet<ObjectRef>,
    draft: &mut ClusterDraft,
) {
    let AttachmentMetadata { name, namespace, .. } = &attachment.metadata;
    let namespace: Option<NamespaceName> = namespace.as_ref().and_then(|namespace| namespace.parse().ok());
    let Some(object) = namespace.and_then(|namespace| object(KIND, &namespace, name)) else { return };
    wanted.insert(object.clone());
    let facts = context.object(&object);
    let other = facts.filter(|facts| facts.is_ours()).and_then(|facts| facts.label(DOCUMENT_LABEL));
    if let Some(other) = other.filter(|other| *other != document && !context.takes_over) {
        let message = format!("{object} belongs to the document {other}");
        let help = "choose another name, or pass --force-conflicts to take it over";
        draft.findings.problem(Some(origin), message, help);
        return;
    }
    let is_met = facts.and_then(|facts| read(&object, facts)).is_some_and(|found| {
        // Blanks and the order of keys are no difference.
        attachment.differences(&found).is_empty()
    });
    draft.lanes.push(write_lane(context, &object, content(attachment), is_met, origin));
}

/// Drafts the deletion of vfctl's own objects that these documents asked for once, and ask for no more.
fn prune(context: &ClusterContext<'_>, wanted: &BTreeSet<ObjectRef>, draft: &mut ClusterDraft) {
    for (object, facts) in context.facts.of_kind(KIND) {
        let is_left = facts.is_ours() && context.asked_before(facts) && !wanted.contains(object);
        if is_left && !facts.is_going {
            draft.lanes.push(delete_lane(object, facts));
        }
    }
}

/// Returns what an object is to say.
fn content(attachment: &NetworkAttachmentDefinition) -> JsonValue {
    let AttachmentMetadata { name: _, namespace: _, labels, annotations } = &attachment.metadata;
    let AttachmentSpec { config } = &attachment.spec;
    let texts = |texts: &std::collections::BTreeMap<String, String>| {
        JsonValue::Fields(texts.iter().map(|(name, value)| (name.clone(), text(value))).collect())
    };
    JsonValue::of([
        ("metadata", JsonValue::of([("labels", texts(labels)), ("annotations", texts(annotations))])),
        ("spec", JsonValue::of([("config", config.as_ref().map_or(JsonValue::Null, text))])),
    ])
}

/// Returns an object as it is in the cluster; `None` where it has no configuration.
fn read(object: &ObjectRef, facts: &ObjectFacts) -> Option<NetworkAttachmentDefinition> {
    let texts = |path: &[&str]| {
        let fields = facts.content.at(path).into_iter().flat_map(JsonValue::fields);
        fields.filter_map(|(name, value)| Some((name.to_owned(), value.text()?.to_owned()))).collect()
    };
    let config = facts.content.at(&["spec", "config"])?.text()?;
    Some(NetworkAttachmentDefinition {
        api_version: ATTACHMENT_API_VERSION.to_owned(),
        kind: ATTACHMENT_KIND.to_owned(),
        metadata: AttachmentMetadata {
            name: object.name().to_string(),
            namespace: object.namespace().map(ToString::to_string),
            labels: texts(&["metadata", "labels"]),
            annotations: texts(&["metadata", "annotations"]),
        },
        spec: AttachmentSpec { config: Some(config.to_owned()) },
    })
}
