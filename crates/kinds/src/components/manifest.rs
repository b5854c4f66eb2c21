//! What objects of parts are made of: the fields that several of them have, as the API server takes them.

use vfctl_model::{JsonValue, NAME_LABEL, NamespaceName, OWNER_LABEL, ObjectKind, ObjectName, ObjectRef};

use super::row::PolicyRule;
use crate::cluster::{DOCUMENT_LABEL, labels, text};

/// The label that says which release a DaemonSet is of.
pub(super) const VERSION_LABEL: &str = "app.kubernetes.io/version";
/// Where the programs of CNI plugins are on a node, and in the pods that put them there.
pub(super) const CNI_PROGRAMS: (&str, &str) = ("/opt/cni/bin", "/host/opt/cni/bin");
/// Where a node's CNI configuration is, and in the pods that write it.
pub(super) const CNI_CONFIGURATION: (&str, &str) = ("/etc/cni/net.d", "/host/etc/cni/net.d");

/// Returns a list of texts.
pub(super) fn texts<const N: usize>(members: [&str; N]) -> JsonValue {
    JsonValue::List(members.map(text).into())
}

/// Returns a list.
pub(super) fn list<const N: usize>(members: [JsonValue; N]) -> JsonValue {
    JsonValue::List(members.into())
}

/// Returns a folder of the node as a volume.
pub(super) fn host_path(name: &str, path: &str) -> JsonValue {
    JsonValue::of([("name", text(name)), ("hostPath", JsonValue::of([("path", text(path))]))])
}

/// Returns a folder of the node as a volume, which is made where there is none.
pub(super) fn made_host_path(name: &str, path: &str) -> JsonValue {
    let made = JsonValue::of([("path", text(path)), ("type", text("DirectoryOrCreate"))]);
    JsonValue::of([("name", text(name)), ("hostPath", made)])
}

/// Returns a ConfigMap as a volume.
pub(super) fn config_volume(name: &str, config_map: &str) -> JsonValue {
    JsonValue::of([("name", text(name)), ("configMap", JsonValue::of([("name", text(config_map))]))])
}

/// Returns where a container has a volume.
pub(super) fn mount(name: &str, path: &str) -> JsonValue {
    JsonValue::of([("name", text(name)), ("mountPath", text(path))])
}

/// Returns a variable that says a field of the pod.
pub(super) fn field_variable(name: &str, field: &str) -> JsonValue {
    let from = JsonValue::of([("fieldRef", JsonValue::of([("fieldPath", text(field))]))]);
    JsonValue::of([("name", text(name)), ("valueFrom", from)])
}

/// Returns that a container has all rights on its node: it writes there, or looks at devices.
pub(super) fn privileged() -> JsonValue {
    JsonValue::of([("privileged", JsonValue::Flag(true))])
}

/// Returns that pods run on every node, whatever keeps others from it.
pub(super) fn everywhere() -> JsonValue {
    list([JsonValue::of([("operator", text("Exists"))])])
}

/// Returns what an object says of itself: whose it is, and which document asks for it.
pub(super) fn metadata(document: &str, object: &str, version: Option<&str>) -> JsonValue {
    let own =
        [(OWNER_LABEL.0, text(OWNER_LABEL.1)), (DOCUMENT_LABEL, text(document)), (NAME_LABEL, text(object))];
    labels(own.into_iter().chain(version.map(|version| (VERSION_LABEL, text(version)))))
}

/// Returns that an object says it is vfctl's.
pub(super) fn owned() -> JsonValue {
    JsonValue::of([("metadata", labels([(OWNER_LABEL.0, text(OWNER_LABEL.1))]))])
}

/// Returns the spec of a DaemonSet with these pods.
pub(super) fn daemon_set_spec(object: &str, pod: JsonValue, annotations: Option<JsonValue>) -> JsonValue {
    let own = || JsonValue::of([(NAME_LABEL, text(object))]);
    let metadata = match annotations {
        Some(annotations) => JsonValue::of([("labels", own()), ("annotations", annotations)]),
        None => JsonValue::of([("labels", own())]),
    };
    let template = JsonValue::of([("metadata", metadata), ("spec", pod)]);
    JsonValue::of([("selector", JsonValue::of([("matchLabels", own())])), ("template", template)])
}

/// Returns the rules of a ClusterRole.
pub(super) fn rules(rules: &[PolicyRule]) -> JsonValue {
    let texts = |texts: &[&str]| JsonValue::List(texts.iter().copied().map(text).collect());
    let rule = |rule: &PolicyRule| {
        JsonValue::of([
            ("apiGroups", texts(rule.groups)),
            ("resources", texts(rule.resources)),
            ("verbs", texts(rule.verbs)),
        ])
    };
    JsonValue::List(rules.iter().map(rule).collect())
}

/// Returns the role that a ClusterRoleBinding gives, and the account that it gives it to; both have one name.
pub(super) fn binding(object: &str, namespace: &NamespaceName) -> [(&'static str, JsonValue); 2] {
    let role = JsonValue::of([
        ("apiGroup", text(ObjectKind::ClusterRole.row().group)),
        ("kind", text(ObjectKind::ClusterRole.row().kind)),
        ("name", text(object)),
    ]);
    let account = JsonValue::of([
        ("kind", text(ObjectKind::ServiceAccount.row().kind)),
        ("name", text(object)),
        ("namespace", text(namespace.as_str())),
    ]);
    [("roleRef", role), ("subjects", list([account]))]
}

/// Returns the object of a cluster by its name; `None` where that is none.
pub(super) fn of_cluster(kind: ObjectKind, name: &str) -> Option<ObjectRef> {
    let name: ObjectName = name.parse().ok()?;
    ObjectRef::of_cluster(kind, name)
}

/// Returns a schema of objects with these fields (`JSONSchemaProps`, k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1).
pub(super) fn object_schema<const N: usize>(fields: [(&str, JsonValue); N], required: &[&str]) -> JsonValue {
    let schema = [("type", text("object")), ("properties", JsonValue::of(fields))];
    let required = (!required.is_empty())
        .then(|| ("required", JsonValue::List(required.iter().copied().map(text).collect())));
    let fields = schema.into_iter().chain(required);
    JsonValue::Fields(fields.map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Returns the schema of a text.
pub(super) fn text_schema() -> JsonValue {
    JsonValue::of([("type", text("string"))])
}

/// A kind of objects that a part defines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Definition {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) kind: &'static str,
    pub(super) plural: &'static str,
    pub(super) singular: &'static str,
    pub(super) short: &'static [&'static str],
}

impl Definition {
    /// Returns what a CustomResourceDefinition says of objects with these fields besides `apiVersion`, `kind` and `metadata`.
    pub(super) fn spec<const N: usize>(self, fields: [(&str, JsonValue); N], required: &[&str]) -> JsonValue {
        let Self { group, version, kind, plural, singular, short } = self;
        let own = [
            ("apiVersion", text_schema()),
            ("kind", text_schema()),
            ("metadata", JsonValue::of([("type", text("object"))])),
        ];
        let all: Vec<(&str, JsonValue)> = own.into_iter().chain(fields).collect();
        let properties = JsonValue::Fields(all.into_iter().map(|(name, of)| (name.to_owned(), of)).collect());
        let mut schema = object_schema([], required);
        if let JsonValue::Fields(schema) = &mut schema {
            schema.insert("properties".to_owned(), properties);
        }
        let names = [
            ("kind", text(kind)),
            ("listKind", text(format!("{kind}List"))),
            ("plural", text(plural)),
            ("singular", text(singular)),
        ];
        let short = (!short.is_empty())
            .then(|| ("shortNames", JsonValue::List(short.iter().copied().map(text).collect())));
        let names = names.into_iter().chain(short);
        let version = JsonValue::of([
            ("name", text(version)),
            ("served", JsonValue::Flag(true)),
            ("storage", JsonValue::Flag(true)),
            ("schema", JsonValue::of([("openAPIV3Schema", schema)])),
        ]);
        JsonValue::of([
            ("group", text(group)),
            ("scope", text("Namespaced")),
            ("names", JsonValue::Fields(names.map(|(name, value)| (name.to_owned(), value)).collect())),
            ("versions", list([version])),
        ])
    }
}
