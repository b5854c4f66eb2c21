//! Accounts, roles and their bindings.

use serde::Serialize;
use vfctl_model::{DEVICE_PLUGIN_NAME, NamespaceName, OWNER_LABEL};

use super::policy::{Policy, PolicyBinding};
use super::table::{RIGHTS, Right, RightsPart, Where};

/// An object to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RightsManifest {
    /// A ServiceAccount.
    Account(Account),
    /// A Role or ClusterRole.
    Role(Role),
    /// A RoleBinding or ClusterRoleBinding.
    Binding(Binding),
    /// A ValidatingAdmissionPolicy.
    Policy(Policy),
    /// A ValidatingAdmissionPolicyBinding.
    PolicyBinding(PolicyBinding),
}

/// What an object is, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Metadata {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    labels: std::collections::BTreeMap<&'static str, &'static str>,
}

impl Head {
    /// Returns the head of an object, in a namespace or in none.
    pub(super) fn of(
        api_version: &'static str,
        kind: &'static str,
        name: String,
        namespace: Option<&NamespaceName>,
    ) -> Self {
        let metadata =
            Metadata { name, namespace: namespace.map(ToString::to_string), labels: [OWNER_LABEL].into() };
        Self { api_version, kind, metadata }
    }
}

/// A ServiceAccount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    #[serde(flatten)]
    head: Head,
}

/// A Role or ClusterRole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Role {
    #[serde(flatten)]
    head: Head,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    api_groups: Vec<&'static str>,
    resources: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_names: Vec<&'static str>,
    verbs: Vec<&'static str>,
}

/// A RoleBinding or ClusterRoleBinding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    #[serde(flatten)]
    head: Head,
    role_ref: RoleRef,
    subjects: Vec<Subject>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleRef {
    api_group: &'static str,
    kind: &'static str,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Subject {
    kind: &'static str,
    name: String,
    namespace: String,
}

/// The group of roles.
const GROUP: &str = "rbac.authorization.k8s.io";
const VERSION: &str = "rbac.authorization.k8s.io/v1";

/// Returns what a part is called, and its account.
pub(super) fn name_of(part: RightsPart) -> String {
    format!("vfctl-{part}")
}

/// Returns all that allows these parts and no more, each with an account of its own in `namespace`, in which the device plugin
/// is. Who applies a part reads as well.
pub fn manifests(parts: &[RightsPart], namespace: &NamespaceName) -> Vec<RightsManifest> {
    let mut manifests = Vec::new();
    for part in RightsPart::ALL.into_iter().filter(|part| parts.contains(part)) {
        let account = Head::of("v1", "ServiceAccount", name_of(part), Some(namespace));
        manifests.push(RightsManifest::Account(Account { head: account }));
    }
    for part in RightsPart::ALL {
        let subjects: Vec<RightsPart> = match part {
            RightsPart::Read => parts.to_vec(),
            RightsPart::Node | RightsPart::Shared | RightsPart::Verify => {
                parts.iter().copied().filter(|asked| *asked == part).collect()
            }
        };
        if !subjects.is_empty() {
            manifests.extend(role(part, Where::Cluster, &subjects, namespace));
            manifests.extend(role(part, Where::Plugin, &subjects, namespace));
            manifests.extend(role(part, Where::Namespace, &subjects, namespace));
        }
    }
    if parts.contains(&RightsPart::Node) {
        let (policy, binding) = Policy::of_nodes(namespace);
        manifests.extend([RightsManifest::Policy(policy), RightsManifest::PolicyBinding(binding)]);
    }
    manifests
}

/// Returns the role of a part in one place, and its binding; nothing where it needs none there.
fn role(
    part: RightsPart,
    at: Where,
    subjects: &[RightsPart],
    namespace: &NamespaceName,
) -> Vec<RightsManifest> {
    let rules: Vec<Rule> =
        RIGHTS.iter().filter(|right| right.part == part && right.at == at).flat_map(rules_of).collect();
    if rules.is_empty() {
        return Vec::new();
    }
    let (kind, binding, place) = match at {
        Where::Cluster => ("ClusterRole", "ClusterRoleBinding", None),
        Where::Plugin | Where::Namespace => ("Role", "RoleBinding", Some(namespace)),
    };
    let account = |part: &RightsPart| Subject {
        kind: "ServiceAccount",
        name: name_of(*part),
        namespace: namespace.to_string(),
    };
    let role = Role { head: Head::of(VERSION, kind, name_of(part), place), rules };
    let binding = Binding {
        head: Head::of(VERSION, binding, name_of(part), place),
        role_ref: RoleRef { api_group: GROUP, kind, name: name_of(part) },
        subjects: subjects.iter().map(account).collect(),
    };
    vec![RightsManifest::Role(role), RightsManifest::Binding(binding)]
}

/// Returns the rules of a row: what can be allowed by name is.
fn rules_of(right: &Right) -> Vec<Rule> {
    let rule = |verbs: Vec<&'static str>, resource_names: Vec<&'static str>| Rule {
        api_groups: vec![right.kind.row().group],
        resources: vec![right.kind.row().plural],
        resource_names,
        verbs,
    };
    match right.at {
        Where::Cluster | Where::Namespace => vec![rule(right.verbs.to_vec(), Vec::new())],
        Where::Plugin => {
            let (create, named): (Vec<_>, Vec<_>) =
                right.verbs.iter().copied().partition(|verb| *verb == "create");
            let create = (!create.is_empty()).then(|| rule(create, Vec::new()));
            let named = (!named.is_empty()).then(|| rule(named, vec![DEVICE_PLUGIN_NAME]));
            create.into_iter().chain(named).collect()
        }
    }
}
