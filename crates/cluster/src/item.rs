//! An object as the API server writes it, and what of it becomes facts.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use vfctl_model::{JsonValue, ObjectKind, ObjectRef};
use vfctl_port::ObjectFacts;

/// The annotation in which `kubectl apply` keeps a second copy of the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The fields of a pod's container that are kept.
const OF_CONTAINER: &[&str] = &["name", "resources"];
/// The fields of the status of a pod's container that are kept.
const OF_CONTAINER_STATUS: &[&str] = &["name", "state"];

/// One page of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(default)]
    items: Option<Vec<Item>>,
}

#[derive(Debug, Default, Deserialize)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

impl Page {
    /// Returns the objects, and what asks for the next page; `None` where this is the last.
    pub(crate) fn into_parts(self) -> (Vec<Item>, Option<String>) {
        (self.items.unwrap_or_default(), self.metadata.next.filter(|next| !next.is_empty()))
    }
}

/// An object as the API server writes it.
#[derive(Debug)]
pub(crate) struct Item {
    metadata: Metadata,
    fields: BTreeMap<String, JsonValue>,
}

/// Of an object's metadata what is kept: the rest is not even held, since `fieldsV1` is larger than most objects.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: String,
    namespace: Option<String>,
    uid: String,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    managed_fields: Option<Vec<ManagedFields>>,
    owner_references: Option<Vec<OwnerReference>>,
    deletion_timestamp: Option<String>,
    generation: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ManagedFields {
    manager: String,
    subresource: String,
    time: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OwnerReference {
    kind: String,
    name: String,
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Item;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of the cluster")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
                let mut item = Item { metadata: Metadata::default(), fields: BTreeMap::new() };
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "metadata" => item.metadata = map.next_value()?,
                        "apiVersion" | "kind" => {
                            map.next_value::<IgnoredAny>()?;
                        }
                        _ => {
                            item.fields.insert(name, map.next_value()?);
                        }
                    }
                }
                Ok(item)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl Item {
    /// Returns the object's name and facts; `None` where its name is none that such an object can have.
    pub(crate) fn into_facts(self, kind: ObjectKind) -> Option<(ObjectRef, ObjectFacts)> {
        let Self { metadata, fields } = self;
        let name = metadata.name.parse().ok()?;
        let object = if kind.row().is_namespaced {
            ObjectRef::in_namespace(kind, metadata.namespace.as_deref()?.parse().ok()?, name)
        } else {
            ObjectRef::of_cluster(kind, name)?
        };
        let managers = metadata.managed_fields.unwrap_or_default();
        let of_content = managers.iter().filter(|set| set.subresource != "status");
        // Nothing else is held against the time at which it changed.
        let changed_at =
            of_content.filter(|_| kind == ObjectKind::ConfigMap).filter_map(|set| set.time.clone()).max();
        let owners = metadata.owner_references.unwrap_or_default();
        let mut annotations = metadata.annotations.unwrap_or_default();
        annotations.remove(LAST_APPLIED);
        let mut content = BTreeMap::new();
        for (name, texts) in [("labels", metadata.labels.unwrap_or_default()), ("annotations", annotations)] {
            if !texts.is_empty() {
                let texts = texts.into_iter().map(|(name, text)| (name, JsonValue::Text(text))).collect();
                put(&mut content, &["metadata", name], JsonValue::Fields(texts));
            }
        }
        let generation = metadata.generation.map(JsonValue::Number);
        let own = generation.map(|generation| JsonValue::of([("generation", generation)]));
        let found = JsonValue::Fields(
            own.map(|own| ("metadata".to_owned(), own)).into_iter().chain(fields).collect(),
        );
        for path in kind.row().kept {
            if let Some(value) = found.at(path) {
                let value = match path {
                    ["spec", "containers" | "initContainers"] => narrowed(value, OF_CONTAINER),
                    ["status", "containerStatuses" | "initContainerStatuses"] => {
                        narrowed(value, OF_CONTAINER_STATUS)
                    }
                    _ => value.clone(),
                };
                put(&mut content, path, value);
            }
        }
        let facts = ObjectFacts {
            uid: metadata.uid,
            changed_at,
            managers: managers
                .into_iter()
                .filter(|set| set.subresource != "status")
                .map(|set| set.manager)
                .collect(),
            owners: owners.into_iter().map(|owner| format!("{} {}", owner.kind, owner.name)).collect(),
            is_going: metadata.deletion_timestamp.is_some(),
            content: JsonValue::Fields(content),
        };
        Some((object, facts))
    }
}

/// Puts a value at the end of a path of fields.
fn put(fields: &mut BTreeMap<String, JsonValue>, path: &[&str], value: JsonValue) {
    match path {
        [] => {}
        [name] => {
            fields.insert((*name).to_owned(), value);
        }
        [name, rest @ ..] => {
            let below = fields.entry((*name).to_owned()).or_default();
            if !matches!(below, JsonValue::Fields(_)) {
                *below = JsonValue::Fields(BTreeMap::new());
            }
            if let JsonValue::Fields(below) = below {
                put(below, rest, value);
            }
        }
    }
}

/// Returns the members of a list with no more than these fields: a cluster has many pods.
fn narrowed(list: &JsonValue, fields: &[&str]) -> JsonValue {
    let small = |member: &JsonValue| {
        let kept = member.fields().filter(|(name, _)| fields.contains(name));
        JsonValue::Fields(kept.map(|(name, value)| (name.to_owned(), value.clone())).collect())
    };
    JsonValue::List(list.members().iter().map(small).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(kind: ObjectKind, text: &str) -> (String, ObjectFacts) {
        let item: Item = serde_json::from_str(text).expect("an object");
        let (object, facts) = item.into_facts(kind).expect("a name");
        (object.to_string(), facts)
    }

    #[test]
    fn of_metadata_labels_annotations_managers_and_owners_are_kept() {
        let (object, facts) = facts(
            ObjectKind::ConfigMap,
            r#"{"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}, "immutable": true, "metadata": {
                "name": "x", "namespace": "kube-system", "uid": "u-1", "resourceVersion": "7",
                "labels": {"l": "1"},
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "2"},
                "deletionTimestamp": "2026-11-01T00:00:00Z",
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "p", "uid": "u-2"}],
                "managedFields": [
                    {"manager": "vfctl", "operation": "Apply", "fieldsV1": {"f:data": {"f:a": {}}}},
                    {"manager": "kubelet", "operation": "Update", "subresource": "status"}]}}"#,
        );
        assert_eq!(object, "configmap kube-system/x");
        assert_eq!(
            facts.content.to_text(),
            r#"{"data":{"a":"1"},"metadata":{"annotations":{"a":"2"},"labels":{"l":"1"}}}"#
        );
        assert_eq!(facts.uid, "u-1");
        assert_eq!(facts.managers, ["vfctl".to_owned()].into());
        assert_eq!(facts.owners, ["DaemonSet p".to_owned()].into());
        assert!(facts.is_going);
    }

    #[test]
    fn of_a_pods_containers_names_and_resources_are_kept() {
        let (object, facts) = facts(
            ObjectKind::Pod,
            r#"{"metadata": {"name": "a", "namespace": "default", "annotations": null}, "spec": {"nodeName": "n",
                "volumes": [], "containers": [{"name": "c", "image": "i", "resources": {"limits": {"a.b/c": "1"}}}]},
                "status": {"phase": "Running", "podIP": "10.0.0.1", "containerStatuses": [
                    {"name": "c", "ready": true, "state": {"running": {}}}]}}"#,
        );
        assert_eq!(object, "pod default/a");
        assert_eq!(
            facts.content.to_text(),
            r#"{"spec":{"containers":[{"name":"c","resources":{"limits":{"a.b/c":"1"}}}],"nodeName":"n"},"status":{"containerStatuses":[{"name":"c","state":{"running":{}}}],"phase":"Running"}}"#
        );
        assert!(!facts.is_going);
    }

    #[test]
    fn every_kept_path_is_read_of_every_kind() {
        for kind in ObjectKind::ALL {
            let mut fields = BTreeMap::new();
            for path in kind.row().kept {
                put(&mut fields, path, JsonValue::List(Vec::new()));
            }
            let metadata = r#"{"name": "a", "namespace": "b", "generation": 1}"#;
            put(&mut fields, &["metadata"], JsonValue::from_text(metadata).expect("JSON"));
            let (_, facts) = facts(*kind, &JsonValue::Fields(fields).to_text());
            for path in kind.row().kept {
                assert!(facts.content.at(path).is_some(), "{kind} {path:?}");
            }
        }
    }

    #[test]
    fn an_object_without_a_fitting_name_is_no_fact() {
        for text in
            [r#"{"metadata": {"name": "A", "namespace": "b"}}"#, r#"{"metadata": {"name": "a"}}"#, "{}"]
        {
            let item: Item = serde_json::from_str(text).expect("an object");
            assert!(item.into_facts(ObjectKind::Pod).is_none(), "{text}");
        }
    }
}
