//! The policy that keeps the account of nodes to the node that its token is bound to (`ValidatingAdmissionPolicy`,
//! k8s.io/api/admissionregistration/v1; the token's node since Kubernetes 1.32).

use serde::Serialize;
use vfctl_model::{DEVICE_PLUGIN_NAME, NamespaceName, ObjectKind};

use super::manifest::{Head, name_of};
use super::table::RightsPart;
use crate::components::{DOCUMENTS, STATE_LABEL};

const VERSION: &str = "admissionregistration.k8s.io/v1";

/// A ValidatingAdmissionPolicy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    #[serde(flatten)]
    head: Head,
    spec: PolicySpec,
}

/// A ValidatingAdmissionPolicyBinding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyBinding {
    #[serde(flatten)]
    head: Head,
    spec: BindingSpec,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BindingSpec {
    policy_name: String,
    validation_actions: Vec<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicySpec {
    failure_policy: &'static str,
    match_constraints: MatchConstraints,
    match_conditions: Vec<Expression>,
    variables: Vec<Expression>,
    validations: Vec<Validation>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct MatchConstraints {
    resource_rules: Vec<ResourceRule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceRule {
    api_groups: Vec<&'static str>,
    api_versions: Vec<&'static str>,
    operations: Vec<&'static str>,
    resources: Vec<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Expression {
    name: &'static str,
    expression: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Validation {
    expression: String,
    message: String,
}

impl Policy {
    /// Returns the policy for the account of nodes, and its binding.
    pub(super) fn of_nodes(namespace: &NamespaceName) -> (Self, PolicyBinding) {
        let account = name_of(RightsPart::Node);
        let rule = |kind: ObjectKind| ResourceRule {
            api_groups: vec![kind.row().group],
            api_versions: vec![kind.row().version],
            operations: vec!["CREATE", "UPDATE"],
            resources: vec![kind.row().plural],
        };
        let expression = |name, expression: String| Expression { name, expression };
        let conditions = vec![expression(
            "account",
            format!("request.userInfo.username == 'system:serviceaccount:{namespace}:{account}'"),
        )];
        // Where an object is made there is none of before, and maps may be absent.
        let map = |object: &str, path: &[&str]| {
            let mut has = vec![format!("{object} != null")];
            let mut whole = object.to_owned();
            for field in path {
                whole = format!("{whole}.{field}");
                has.push(format!("has({whole})"));
            }
            format!("{} ? {whole} : {{}}", has.join(" && "))
        };
        let of_config_map = |object: &str| format!("variables.isNode ? {{}} : ({})", map(object, &["data"]));
        let variables = vec![
            expression(
                "node",
                "'authentication.kubernetes.io/node-name' in request.userInfo.extra ? \
                 request.userInfo.extra['authentication.kubernetes.io/node-name'][0] : ''"
                    .to_owned(),
            ),
            expression("isNode", "request.resource.resource == 'nodes'".to_owned()),
            expression("labels", map("object", &["metadata", "labels"])),
            expression("labelsBefore", map("oldObject", &["metadata", "labels"])),
            expression("annotations", map("object", &["metadata", "annotations"])),
            expression("annotationsBefore", map("oldObject", &["metadata", "annotations"])),
            expression("data", of_config_map("object")),
            expression("dataBefore", of_config_map("oldObject")),
        ];
        let validation =
            |expression: String, message: &str| Validation { expression, message: message.to_owned() };
        let validations = vec![
            validation(
                "!variables.isNode || variables.node != '' && object.metadata.name == variables.node"
                    .to_owned(),
                "vfctl may change no node but the one that its token is bound to",
            ),
            validation(
                format!(
                    "!variables.isNode || object.spec == oldObject.spec && {} && {}",
                    same_but("labels", "labelsBefore", &format!("'{STATE_LABEL}'")),
                    same_but("annotations", "annotationsBefore", &format!("'{DOCUMENTS}'"))
                ),
                "vfctl may change nothing of its node but its own label and annotation",
            ),
            validation(
                format!("variables.isNode || object.metadata.name == '{DEVICE_PLUGIN_NAME}'"),
                "vfctl may write no ConfigMap but its device plugin's",
            ),
            validation(
                format!(
                    "variables.isNode || variables.node != '' && {}",
                    same_but("data", "dataBefore", "variables.node")
                ),
                "vfctl may write no key but that of the node that its token is bound to",
            ),
        ];
        let policy = Self {
            head: Head::of(VERSION, "ValidatingAdmissionPolicy", account.clone(), None),
            spec: PolicySpec {
                failure_policy: "Fail",
                match_constraints: MatchConstraints {
                    resource_rules: vec![rule(ObjectKind::Node), rule(ObjectKind::ConfigMap)],
                },
                match_conditions: conditions,
                variables,
                validations,
            },
        };
        let binding = PolicyBinding {
            head: Head::of(VERSION, "ValidatingAdmissionPolicyBinding", account.clone(), None),
            spec: BindingSpec { policy_name: account, validation_actions: vec!["Deny"] },
        };
        (policy, binding)
    }
}

/// Returns the expression that two maps are the same but for one key.
fn same_but(after: &str, before: &str, key: &str) -> String {
    format!(
        "variables.{after}.all(k, k == {key} || (k in variables.{before} && variables.{before}[k] == variables.{after}[k])) \
         && variables.{before}.all(k, k == {key} || k in variables.{after})"
    )
}
