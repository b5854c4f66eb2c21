//! NetworkAttachmentDefinitions: the object around a CNI configuration, as multus reads it.

use vfctl_kinds::network::{ATTACHMENT_API_VERSION, ATTACHMENT_KIND, MULTUS_NAMESPACE, RESOURCE_ANNOTATION};

use super::cni::{self, Home};
use super::field::{self, Field, Others, Table, Takes, walk};
use super::finding::Linter;
use super::json;
use super::row::Lint;
use crate::diagnostic::quoted;
use crate::yaml::{Entry, Map, Span};

/// The keys of `spec` (network-attachment-definition-client pkg/apis/k8s.cni.cncf.io/v1/types.go).
const SPEC: Table<'static> = Table {
    reader: "multus",
    fields: &[Field { key: "config", takes: Takes::Any }],
    instead: &[],
    others: Others::Refused,
};

/// Lints an object that lies in a file with this text.
pub(super) fn lint(object: &Map, place: Span, file: &str, linter: &mut Linter) {
    linter.checked.networks += 1;
    if let Some(entry) =
        field::get(object, "apiVersion").filter(|entry| entry.value.as_text() != Some(ATTACHMENT_API_VERSION))
    {
        let message = format!("multus reads no {ATTACHMENT_KIND} of this apiVersion");
        linter.say(
            Lint::NetworkApiVersion,
            entry.value.pointer(),
            message,
            format!("write `apiVersion: {ATTACHMENT_API_VERSION}`"),
        );
    }
    let metadata = field::map(object, "metadata");
    let is_system = metadata.and_then(|map| field::text(map, "namespace")) == Some(MULTUS_NAMESPACE);
    let home = if is_system { Home::SystemAttachment } else { Home::Attachment };
    // Without a `spec`, multus takes the file of that name from the folder of CNI configurations on the node.
    let Some(spec) = field::map(object, "spec") else { return };
    walk(spec, SPEC, linter);
    let Some(config) = field::get(spec, "config") else { return };
    let takes_device = config_of(config, home, file, linter);
    let annotations = metadata.and_then(|map| field::map(map, "annotations"));
    check_resource(annotations, metadata_place(object).unwrap_or(place), takes_device, linter);
}

/// Lints the text of `config`, and returns the type of the plugin in it that takes a device of a resource, if any does.
fn config_of(config: &Entry, home: Home, file: &str, linter: &mut Linter) -> Option<&'static str> {
    let Entry { key_span, value, .. } = config;
    if value.as_text().is_none() {
        let help =
            "write it as JSON in one text: `config: '{\"cniVersion\": …}'`, or on lines below `config: |`";
        linter.say(Lint::ConfigNotText, *key_span, "`config` takes a text, found keys and values", help);
        return cni::lint(value, home, linter);
    }
    let tree = linter.embedded(value, file, "multus")?;
    cni::lint(&tree, home, linter)
}

fn metadata_place(object: &Map) -> Option<Span> {
    field::get(object, "metadata").map(|entry| entry.key_span)
}

/// Checks the annotation that names the resource.
fn check_resource(annotations: Option<&Map>, place: Span, taken_by: Option<&str>, linter: &mut Linter) {
    let entries = annotations.map(|map| map.entries.as_slice()).unwrap_or_default();
    let Some(entry) = entries.iter().find(|entry| entry.key == RESOURCE_ANNOTATION) else {
        let Some(plugin) = taken_by else { return };
        let near = entries.iter().find(|entry| entry.key.to_ascii_lowercase().ends_with("resourcename"));
        let message = format!(
            "a network of type {plugin} has no annotation `{RESOURCE_ANNOTATION}`: its pods get no VF"
        );
        let help = match near {
            Some(near) => format!("write `{RESOURCE_ANNOTATION}` instead of {}", quoted(&near.key)),
            None => format!(
                "add `{RESOURCE_ANNOTATION}: intel.com/…` to `metadata.annotations`, with the pool's prefix and name"
            ),
        };
        return linter.say(
            Lint::ResourceAnnotationMissing,
            near.map_or(place, |near| near.key_span),
            message,
            help,
        );
    };
    let resource = json::text(&entry.value).unwrap_or_default();
    let is_whole =
        resource.split_once('/').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty());
    if !is_whole {
        let message = format!("the resource {} has no prefix: no pod gets a device of it", quoted(resource));
        let help = "write prefix and name as the node offers them: `intel.com/…`";
        linter.say(Lint::ResourceAnnotationPrefix, entry.value.pointer(), message, help);
    }
}
