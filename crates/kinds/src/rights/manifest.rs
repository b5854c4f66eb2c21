//! Accounts, roles and their bindings.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use vfctl_model::{DEVICE_PLUGIN_NAME, NamespaceName, OWNER_LABEL};

use super::policy::{Policy, PolicyBinding};
use super::table::{RIGHTS, Right, RightsPart, Where};
use crate::components::{self, PolicyRule};

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
            manifests.extend(role(part, Reach::Cluster, &subjects, namespace));
            manifests.extend(role(part, Reach::Namespace, &subjects, namespace));
        }
    }
    if parts.contains(&RightsPart::Node) {
        let (policy, binding) = Policy::of_nodes(namespace);
        manifests.extend([RightsManifest::Policy(policy), RightsManifest::PolicyBinding(binding)]);
    }
    manifests
}

/// How far a role reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// All of the cluster.
    Cluster,
    /// The namespace of the parts that vfctl manages.
    Namespace,
}

impl Reach {
    fn of(at: Where) -> Self {
        if at.is_in_namespace() { Self::Namespace } else { Self::Cluster }
    }
}

/// Returns the role of a part in one place, and its binding; nothing where it needs none there.
fn role(
    part: RightsPart,
    at: Reach,
    subjects: &[RightsPart],
    namespace: &NamespaceName,
) -> Vec<RightsManifest> {
    let rows = RIGHTS.iter().filter(|right| right.part == part && Reach::of(right.at) == at);
    let mut rules: Vec<Rule> = rows.flat_map(rules_of).collect();
    if part == RightsPart::Shared && at == Reach::Cluster {
        rules.extend(given());
    }
    if rules.is_empty() {
        return Vec::new();
    }
    let (kind, binding, place) = match at {
        Reach::Cluster => ("ClusterRole", "ClusterRoleBinding", None),
        Reach::Namespace => ("Role", "RoleBinding", Some(namespace)),
    };
    let role = Role { head: Head::of(VERSION, kind, name_of(part), place), rules };
    let bindings = subjects.iter().map(|subject| {
        RightsManifest::Binding(Binding {
            head: Head::of(VERSION, binding, name_of_binding(part, at, *subject, namespace), place),
            role_ref: RoleRef { api_group: GROUP, kind, name: name_of(part) },
            subjects: vec![Subject {
                kind: "ServiceAccount",
                name: name_of(*subject),
                namespace: namespace.to_string(),
            }],
        })
    });
    std::iter::once(RightsManifest::Role(role)).chain(bindings).collect()
}

/// Returns what binds a role to one account. Each account has a binding of its own, so that one more part, or another namespace,
/// takes nothing from those that have the role already.
fn name_of_binding(part: RightsPart, at: Reach, subject: RightsPart, namespace: &NamespaceName) -> String {
    let mut name = name_of(subject);
    if part != subject {
        name = format!("{name}:{part}");
    }
    if at == Reach::Cluster && *namespace != NamespaceName::kube_system() {
        name = format!("{name}:{namespace}");
    }
    name
}

/// Returns the rights that the roles of parts give, without those that whoever installs them has anyway: Kubernetes lets nobody create
/// a role that gives more than they have (`ConfirmNoEscalation`, pkg/registry/rbac/validation/policy_compact.go and rule.go).
fn given() -> Vec<Rule> {
    let is_had = |group: &str, resource: &str, verb: &str| {
        RIGHTS.iter().any(|right| {
            let row = right.kind.row();
            let is_its = matches!(right.part, RightsPart::Read | RightsPart::Shared);
            let is_it = row.group == group && row.plural == resource && right.verbs.contains(&verb);
            is_its && right.at == Where::Cluster && is_it
        })
    };
    let mut given: BTreeMap<(&'static str, &'static str), BTreeSet<&'static str>> = BTreeMap::new();
    for PolicyRule { groups, resources, verbs } in components::rules() {
        for (group, resource) in
            groups.iter().flat_map(|group| resources.iter().map(move |one| (*group, *one)))
        {
            let missing = verbs.iter().copied().filter(|verb| !is_had(group, resource, verb));
            given.entry((group, resource)).or_default().extend(missing);
        }
    }
    given.retain(|_, verbs| !verbs.is_empty());
    let rule = |((group, resource), verbs): ((&'static str, &'static str), BTreeSet<&'static str>)| Rule {
        api_groups: vec![group],
        resources: vec![resource],
        resource_names: Vec::new(),
        verbs: verbs.into_iter().collect(),
    };
    given.into_iter().map(rule).collect()
}

/// Returns the rules of a row: what can be allowed by name is.
fn rules_of(right: &Right) -> Vec<Rule> {
    let names = match right.at {
        Where::Cluster | Where::Namespace => Vec::new(),
        Where::Plugin => vec![DEVICE_PLUGIN_NAME],
        Where::Parts | Where::PartsOfCluster => components::names(right.kind),
        Where::Definitions => components::definitions(),
    };
    let rule = |verbs: Vec<&'static str>, resource_names: Vec<&'static str>| Rule {
        api_groups: vec![right.kind.row().group],
        resources: vec![right.kind.row().plural],
        resource_names,
        verbs,
    };
    if names.is_empty() {
        return vec![rule(right.verbs.to_vec(), names)];
    }
    let (create, named): (Vec<_>, Vec<_>) = right.verbs.iter().copied().partition(|verb| *verb == "create");
    let create = (!create.is_empty()).then(|| rule(create, Vec::new()));
    let named = (!named.is_empty()).then(|| rule(named, names));
    create.into_iter().chain(named).collect()
}
