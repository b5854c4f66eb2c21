//! Whether the account that is used may do what a plan does in the cluster: asked before anything is written.

use std::collections::BTreeSet;

use vfctl_kinds::rights::{RIGHTS, Where};
use vfctl_model::{NamespaceName, ObjectKind};
use vfctl_plan::Plan;
use vfctl_port::{MissingRight, Perform, Scope};

use crate::machine::{Console, READ_LIMIT};
use crate::reach::Reach;

/// Returns what the account may not do of a plan, and what to do about it, a sentence for each right.
pub(super) fn missing(plan: &Plan, reach: &Reach<'_>) -> Vec<String> {
    if plan.is_blocked() || !reach.has_cluster() {
        return Vec::new();
    }
    let rights = plan.rights();
    let missing = match rights.is_empty() {
        true => Vec::new(),
        false => reach.missing_rights(&Scope::Cluster, &rights, READ_LIMIT),
    };
    missing.iter().map(sentence).collect()
}

/// Warns of what apply would refuse.
pub(super) fn warn(plan: &Plan, reach: &Reach<'_>, console: &mut Console<'_>) {
    for missing in missing(plan, reach) {
        console.say(&format!("warning: apply would be refused: {missing}\n"));
    }
}

fn sentence(missing: &MissingRight) -> String {
    let MissingRight { verb, objects } = missing;
    let Some(first) = objects.first() else { return String::new() };
    let kind = first.kind();
    let resource = resource(kind);
    let place = first.namespace().map_or_else(String::new, |namespace| format!(" in namespace {namespace}"));
    let names: Vec<String> = objects.iter().map(|object| object.name().to_string()).collect();
    let names = match names.len() {
        0..=3 => names.join(", "),
        count => format!("{} objects", count),
    };
    let command = command(verb, kind, first.namespace());
    format!(
        "the account may not {verb} {resource}{place} ({names}); fix: grant this right, {command} prints the role"
    )
}

/// Returns a kind as roles name it.
fn resource(kind: ObjectKind) -> String {
    match kind.row().group {
        "" => kind.row().plural.to_owned(),
        group => format!("{}.{group}", kind.row().plural),
    }
}

/// Returns the command that prints the roles in which a right is.
fn command(verb: &str, kind: ObjectKind, namespace: Option<&NamespaceName>) -> String {
    let rows = RIGHTS.iter().filter(|right| right.kind == kind && right.verbs.contains(&verb));
    let parts: BTreeSet<String> = rows.clone().map(|right| right.part.to_string()).collect();
    let is_of_plugin = rows.clone().any(|right| right.at == Where::Plugin);
    let namespace = namespace.filter(|name| is_of_plugin && **name != NamespaceName::kube_system());
    let namespace = namespace.map_or_else(String::new, |name| format!(" --namespace {name}"));
    let parts: String = parts.iter().map(|part| format!(" {part}")).collect();
    format!("`vfctl rbac{parts}{namespace}`")
}
