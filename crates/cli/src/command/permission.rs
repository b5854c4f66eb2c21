//! Whether the account that is used may do what a plan does in the cluster: asked before anything is written.

use std::collections::BTreeSet;
use std::fmt;

use vfctl_kinds::rights::{RIGHTS, Right, RightsPart, Where};
use vfctl_model::{NamespaceName, ObjectKind};
use vfctl_plan::Plan;
use vfctl_port::{MissingRight, NeededRight, Perform, Scope};

use crate::machine::{Console, READ_LIMIT};
use crate::reach::Reach;

/// A right that the account does not have.
pub(super) struct Denied {
    /// What it may not do.
    pub(super) what: String,
    /// What to do about it.
    pub(super) fix: String,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, fix } = self;
        write!(f, "{what}; fix: {fix}")
    }
}

/// Returns what the account may not do of a plan, and what to do about it, a sentence for each right.
pub(super) fn missing(plan: &Plan, reach: &Reach<'_>) -> Vec<String> {
    if plan.is_blocked() {
        return Vec::new();
    }
    missing_of(&plan.rights(), None, reach).iter().map(ToString::to_string).collect()
}

/// Returns which of these rights the account does not have. They are those of a part, or else of what apply does.
pub(super) fn missing_of(
    rights: &BTreeSet<NeededRight>,
    part: Option<RightsPart>,
    reach: &Reach<'_>,
) -> Vec<Denied> {
    let missing = match rights.is_empty() || !reach.has_cluster() {
        true => Vec::new(),
        false => reach.missing_rights(&Scope::Cluster, rights, READ_LIMIT),
    };
    missing.iter().filter_map(|missing| denied(missing, part)).collect()
}

/// Warns of what apply would refuse.
pub(super) fn warn(plan: &Plan, reach: &Reach<'_>, console: &mut Console<'_>) {
    for missing in missing(plan, reach) {
        console.say(&format!("warning: apply would be refused: {missing}\n"));
    }
}

fn denied(missing: &MissingRight, part: Option<RightsPart>) -> Option<Denied> {
    let MissingRight { verb, objects } = missing;
    let first = objects.first()?;
    let kind = first.kind();
    let resource = resource(kind);
    let place = first.namespace().map_or_else(String::new, |namespace| format!(" in namespace {namespace}"));
    let names: Vec<String> = objects.iter().map(|object| object.name().to_string()).collect();
    let names = match names.len() {
        0..=3 => names.join(", "),
        count => format!("{} objects", count),
    };
    let what = format!("the account may not {verb} {resource}{place} ({names})");
    Some(Denied { what, fix: fix(verb, kind, first.namespace(), part) })
}

/// Returns a kind as roles name it.
fn resource(kind: ObjectKind) -> String {
    match kind.row().group {
        "" => kind.row().plural.to_owned(),
        group => format!("{}.{group}", kind.row().plural),
    }
}

/// Returns what to do where a right is missing: which command prints the roles that have it.
fn fix(verb: &str, kind: ObjectKind, namespace: Option<&NamespaceName>, part: Option<RightsPart>) -> String {
    // Apply starts no pods.
    let is_meant = |right: &Right| part.map_or(right.part != RightsPart::Verify, |part| right.part == part);
    let is_it = |right: &&Right| right.kind == kind && right.verbs.contains(&verb) && is_meant(right);
    let rows: Vec<&Right> = RIGHTS.iter().filter(is_it).collect();
    let system = NamespaceName::kube_system();
    if namespace == Some(&system) && rows.iter().any(|right| right.at == Where::Namespace) {
        return format!(
            "start the pods in another namespace, with --namespace: the rights to start pods in {system} are those of a cluster administrator"
        );
    }
    let named =
        namespace.filter(|name| **name != system && rows.iter().any(|right| right.at.is_in_namespace()));
    let named = named.map_or_else(String::new, |name| format!(" --namespace {name}"));
    let parts: BTreeSet<RightsPart> = rows.iter().map(|right| right.part).collect();
    let parts: String = parts.iter().map(|part| format!(" {part}")).collect();
    format!("grant this right, `vfctl rbac{parts}{named}` prints the role")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};
    use crate::command::rbac;
    use crate::terminal::Terminal;

    /// Returns what the command that a fix names prints.
    fn printed(fix: &str) -> String {
        let command = fix.split('`').nth(1).expect("a command");
        let cli = Cli::try_parse_from(command.split(' ')).expect("a command of vfctl");
        let Command::Rbac(args) = cli.command else { panic!("{command}") };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console {
            out: &mut out,
            err: &mut err,
            can_ask: false,
            terminal: Terminal::of(false, false, |_| None),
        };
        rbac::run(&args, &mut console).unwrap_or_else(|error| panic!("{command}: {error}"));
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn fix_names_a_command_that_prints_the_missing_right_where_it_is_missing() {
        for right in RIGHTS {
            for verb in right.verbs {
                let part = (right.part == RightsPart::Verify).then_some(right.part);
                let fixed = |namespace: &str| {
                    let namespace = namespace.parse().expect("a name");
                    fix(verb, right.kind, right.at.is_in_namespace().then_some(&namespace), part)
                };
                let of_tests = fixed("tests");
                let roles = printed(&of_tests);
                assert!(roles.contains(&format!("- {verb}\n")), "{of_tests}: {roles}");
                assert!(roles.contains(&format!("name: vfctl-{}\n", right.part)), "{of_tests}: {roles}");
                assert_eq!(roles.contains("namespace: tests\n"), right.at.is_in_namespace(), "{of_tests}");
                let of_system = fixed("kube-system");
                assert_eq!(of_system.contains("`vfctl rbac"), right.at != Where::Namespace, "{of_system}");
                assert!(part.is_some() || printed(&of_system).contains(right.kind.row().plural));
            }
        }
    }
}
