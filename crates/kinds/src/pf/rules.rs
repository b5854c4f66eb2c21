//! What must hold within one entry of `physicalFunctions`, and between two.

use std::collections::BTreeMap;

use super::matcher::Matcher;
use super::spec::ExpectSpec;
use crate::PfSpec;
use crate::document::{SriovConfig, is_name, share_a_host};
use crate::path::{SpecPath, Violation, Violations};
use crate::vf::{self, DocumentEntries};

/// Notes the rules that entries break, alone and between them.
pub(super) fn check(documents: &[&SriovConfig], violations: &mut Violations) {
    let entries: Vec<DocumentEntries<'_>> = documents.iter().map(|document| entries(document)).collect();
    for (position, document) in entries.iter().enumerate() {
        violations.turn_to(position);
        let mut names = BTreeMap::new();
        for (entry, path) in &document.entries {
            check_entry(entry, path, violations);
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
    check_claims(&entries, violations);
    vf::check_macs(&entries, violations);
}

/// Returns the entries of a document with their paths.
fn entries<'a>(document: &'a SriovConfig) -> DocumentEntries<'a> {
    let list = SpecPath::spec().key("physicalFunctions");
    let entries = document.spec.physical_functions.iter().enumerate();
    let entries = entries.map(|(position, entry)| (entry, list.index(position))).collect();
    DocumentEntries { config: document, entries }
}

fn check_entry(entry: &PfSpec, path: &SpecPath, violations: &mut Violations) {
    let PfSpec { name, matcher, expect, .. } = entry;
    if !is_name(name) {
        violations.add(Violation::new(
            path.key("name"),
            "a name is 1 to 63 letters, digits, `-`, `_` or `.`, the first a letter or digit",
            "it is yours to choose, and others refer to it: `explain pf/NAME/vf/3`",
        ));
    }
    check_terms(matcher, &path.key("match"), violations);
    if *expect == ExpectSpec::Number(0) {
        violations.add(Violation::new(
            path.key("expect"),
            "an entry that expects no PF asks for nothing",
            "write `one`, `all` or a number from 1; `optional: true` where a host may lack it",
        ));
    }
    entry.check_fields(path, violations);
    if let Some(vfs) = &entry.vfs {
        vf::check(vfs, &path.key("vfs"), violations);
    }
}

/// Checks that a matcher has terms, and so have its alternatives.
fn check_terms(matcher: &Matcher, path: &SpecPath, violations: &mut Violations) {
    if *matcher == Matcher::default() {
        violations.add(Violation::new(
            path.clone(),
            "a matcher without terms would match every PF of the host",
            "say which is meant, such as `interface`, `pci`, `macAddress` or `driver`",
        ));
    }
    for (position, alternative) in matcher.any_of.iter().enumerate() {
        check_terms(alternative, &path.key("anyOf").index(position), violations);
    }
}

/// Checks that no two entries surely claim the same PF of a host.
fn check_claims(documents: &[DocumentEntries<'_>], violations: &mut Violations) {
    let claims: Vec<_> = documents
        .iter()
        .enumerate()
        .flat_map(|(position, DocumentEntries { config, entries })| {
            entries.iter().map(move |(entry, path)| (position, *config, *entry, path))
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
                let term = entry.matcher.surely_same_device(&other.matcher)?;
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
