//! What must hold of a document as such, and between the names of several.
//!
//! The rules of its sections are with their kinds.

use std::collections::BTreeMap;

use super::concern::NodeSelector;
use super::spec::SriovConfig;
use crate::path::{ListsFor, SpecPath, Violation, Violations};
use crate::{Body, walk};

/// Returns the rules that the documents break, each with the document's place in `documents`.
pub fn violations(documents: &[&SriovConfig], lists_for: ListsFor) -> Vec<(usize, Violation)> {
    let mut violations = Violations::new(lists_for);
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        check_name(document, &mut violations);
        check_hosts(&document.spec, &mut violations);
    }
    check_owners(documents, &mut violations);
    walk::check_sections(documents, &mut violations);
    violations.into_found()
}

fn name_path() -> SpecPath {
    SpecPath::default().key("metadata").key("name")
}

fn check_name(document: &SriovConfig, violations: &mut Violations) {
    if !is_name(&document.metadata.name) {
        violations.add(Violation::new(
            name_path(),
            "a name is 1 to 63 letters, digits, `-`, `_` or `.`, the first a letter or digit",
            "choose another; plans and reports name the document by it",
        ));
    }
}

/// Checks which hosts the document concerns, and that values are for hosts that it may concern. Labels are known of no host yet:
/// a document that asks for some may concern each host that its names allow.
fn check_hosts(body: &Body, violations: &mut Violations) {
    let Body { nodes, hosts, .. } = body;
    let Some(nodes) = nodes else { return };
    let path = SpecPath::spec().key("nodes");
    let NodeSelector { names, labels } = nodes;
    if names.is_none() && labels.is_none() {
        violations.add(Violation::new(
            path,
            "`nodes` has neither `names` nor `labels`",
            "write `names: [...]` or `labels`, or take `nodes` away for the host that vfctl is run on",
        ));
        return;
    }
    if let Some(labels) = labels {
        labels.check(&path.key("labels"), violations);
    }
    let Some(names) = names else { return };
    let path = path.key("names");
    if names.is_empty() {
        let help = match labels {
            Some(_) => "name hosts, or take `names` away to select by labels alone",
            None => "name hosts, or take `nodes` away for the host that vfctl is run on",
        };
        let message = "no host is named, so the document would concern no host";
        violations.add(Violation::new(path, message, help));
        return;
    }
    for (position, name) in names.iter().enumerate() {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '/') {
            let help = "write a host's name, with `*` for any text";
            violations.add(Violation::new(
                path.index(position),
                format!("`{name}` is not a valid host name"),
                help,
            ));
        }
    }
    let document = violations.document();
    for host in hosts.keys().filter(|host| !nodes.allows(host.as_str())) {
        violations.add(
            Violation::new(
                SpecPath::spec().key("hosts").key(host.as_str()),
                format!("these values are for {host}, which the document does not concern"),
                "correct the name here or in `nodes.names`",
            )
            .with(document, path.clone(), "the hosts it applies to"),
        );
    }
}

/// Checks that each document has a name of its own.
fn check_owners(documents: &[&SriovConfig], violations: &mut Violations) {
    let mut owners = BTreeMap::new();
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        if let Some(first) = owners.insert(document.metadata.name.as_str(), position) {
            violations.add(
                Violation::new(
                    name_path(),
                    format!("two documents are called `{}`", document.metadata.name),
                    "give each a name of its own: plans and reports name it by that",
                )
                .with(first, name_path(), "the first"),
            );
        }
    }
}

/// Returns whether a text is a name that a document may give.
pub(crate) fn is_name(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    plain && starts_well && text.len() <= 63
}

/// Returns whether two documents surely meet on a host. Only then is what they contradict one another in a mistake of the
/// documents: which others meet by the labels of nodes is known with the facts, and said in the plan of that host.
pub(crate) fn share_a_host(one: &Body, other: &Body) -> bool {
    match (&one.nodes, &other.nodes) {
        (None, None) => true,
        (Some(one), Some(other)) => one.meets(other),
        // One speaks of the host it is run on, which the other may or may not select.
        (None, Some(_)) | (Some(_), None) => false,
    }
}
