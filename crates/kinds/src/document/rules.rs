//! What must hold within a document and between documents that are checked together.
//!
//! The rules of one PF and its VFs are with their kinds; those on MAC addresses over everything are in `macs`.

use std::collections::BTreeMap;

use super::macs;
use super::places::{entries, spec_path};
use super::spec::{Body, NodeSelector, SriovConfig, is_match};
use crate::path::{SpecPath, Violation, Violations};
use crate::pf::{self, PfSpec};

/// Returns the rules that the documents break, each with the document's place in `documents`.
pub fn violations(documents: &[&SriovConfig]) -> Vec<(usize, Violation)> {
    let mut violations = Violations::default();
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        check_name(document, &mut violations);
        check_hosts(&document.spec, &mut violations);
        let mut names = BTreeMap::new();
        for (entry, path) in entries(document) {
            pf::check(entry, &path, &mut violations);
            if let Some(first) = names.insert(entry.name.as_str(), path.clone()) {
                violations.add(
                    Violation::new(
                        path.key("name"),
                        format!("two physical functions are called `{}`", entry.name),
                        "give each a name of its own: plan and report speak of them by it",
                    )
                    .with(position, first.key("name"), "the first"),
                );
            }
        }
    }
    check_owners(documents, &mut violations);
    check_claims(documents, &mut violations);
    macs::check(documents, &mut violations);
    violations.into_found()
}

fn name_path() -> SpecPath {
    SpecPath::default().key("metadata").key("name")
}

fn check_name(document: &SriovConfig, violations: &mut Violations) {
    if !pf::is_name(&document.metadata.name) {
        violations.add(Violation::new(
            name_path(),
            "a name is 1 to 63 letters, digits, `-`, `_` or `.`, the first a letter or digit",
            "choose another; plans and reports name the document by it",
        ));
    }
}

/// Checks the names of hosts, and that values are for hosts that the document concerns.
fn check_hosts(body: &Body, violations: &mut Violations) {
    let Body { nodes, hosts, .. } = body;
    let Some(nodes) = nodes else { return };
    let path = spec_path().key("nodes").key("names");
    if nodes.names.is_empty() {
        violations.add(Violation::new(
            path.clone(),
            "no host is named, so that the document would concern none",
            "name hosts, or take `nodes` away for the host that vfctl is run on",
        ));
        return;
    }
    for (position, name) in nodes.names.iter().enumerate() {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '/') {
            let help = "write a host's name, with `*` for any text";
            violations.add(Violation::new(
                path.index(position),
                format!("`{name}` can be no host's name"),
                help,
            ));
        }
    }
    let document = violations.document();
    for host in hosts.keys().filter(|host| !nodes.selects(host.as_str())) {
        violations.add(
            Violation::new(
                spec_path().key("hosts").key(host.as_str()),
                format!("these values are for {host}, which the document does not concern"),
                "correct the name here or in `nodes.names`",
            )
            .with(document, path.clone(), "whom it concerns"),
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

/// Checks that no two entries surely claim the same PF of a host.
fn check_claims(documents: &[&SriovConfig], violations: &mut Violations) {
    let claims: Vec<_> = documents
        .iter()
        .enumerate()
        .flat_map(|(position, document)| {
            entries(document).map(move |(entry, path)| (position, *document, entry, path))
        })
        .collect();
    for (number, (position, document, entry, path)) in claims.iter().enumerate() {
        violations.turn_to(*position);
        let earlier = claims.iter().take(number);
        // Two entries that both may match nothing can be alternatives for different hosts.
        let alternatives =
            |other: &PfSpec| entry.optional && other.optional && entry.matcher != other.matcher;
        let clash = earlier.filter(|(_, _, other, _)| !alternatives(other)).find_map(
            |(other_position, other_document, other, other_path)| {
                let term = pf::surely_same_device(&entry.matcher, &other.matcher)?;
                let meet = share_a_host(&document.spec, &other_document.spec);
                let name = format!("{}/{}", other_document.metadata.name, other.name);
                meet.then(|| (term, name, *other_position, other_path.key("match").key(term)))
            },
        );
        if let Some((term, other, other_position, other_path)) = clash {
            let message =
                format!("`{}/{}` and `{other}` claim the same PF", document.metadata.name, entry.name);
            let help = "put all that is wanted of a PF into one entry";
            let violation = Violation::new(path.key("match").key(term), message, help);
            violations.add(violation.with(other_position, other_path, "the other claim"));
        }
    }
}

/// Returns whether two documents surely meet on a host.
fn share_a_host(one: &Body, other: &Body) -> bool {
    match (&one.nodes, &other.nodes) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            let meets = |one: &NodeSelector, other: &NodeSelector| {
                one.names.iter().any(|name| {
                    let sample = name.replace('*', "");
                    other.names.iter().any(|pattern| is_match(pattern, &sample))
                })
            };
            meets(one, other) || meets(other, one) || one == other
        }
        // One speaks of the host it is run on, which the other may or may not name.
        (None, Some(_)) | (Some(_), None) => false,
    }
}
