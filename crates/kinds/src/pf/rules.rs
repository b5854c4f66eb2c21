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
                        "give each a name of its own: plans and reports use it",
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
    let claims: Vec<Claim<'_>> = documents
        .iter()
        .enumerate()
        .flat_map(|(position, DocumentEntries { config, entries })| {
            entries.iter().map(move |(entry, path)| Claim { position, document: config, entry, path })
        })
        .collect();
    for (number, claim) in claims.iter().enumerate() {
        violations.turn_to(claim.position);
        let earlier = claims.iter().take(number);
        let clash = earlier.filter(|other| share_a_host(&claim.document.spec, &other.document.spec));
        let clash = clash.filter_map(|other| Some((other, claim.meets(other)?))).next();
        if let Some((other, meeting)) = clash {
            let (name, other_name) = (claim.name(), other.name());
            let message = match meeting {
                Meeting::Covered if claim.entry.matcher == other.entry.matcher => format!(
                    "`{name}` and `{other_name}` claim the same PF: both match `{}`",
                    claim.entry.matcher
                ),
                Meeting::Term(_) => format!("`{name}` and `{other_name}` claim the same PF"),
                Meeting::Covered => format!(
                    "`{name}` and `{other_name}` claim the same PF: what matches `{}` matches `{}`",
                    claim.entry.matcher, other.entry.matcher
                ),
                Meeting::Covers => format!(
                    "`{name}` and `{other_name}` claim the same PF: what matches `{}` matches `{}`",
                    other.entry.matcher, claim.entry.matcher
                ),
            };
            let path = |claim: &Claim<'_>| match meeting {
                Meeting::Term(term) => claim.path.key("match").key(term),
                Meeting::Covered | Meeting::Covers => claim.path.key("match"),
            };
            let help = match meeting {
                Meeting::Term(_) => "put all settings of a PF into one entry",
                Meeting::Covered | Meeting::Covers => {
                    "put all settings of a PF into one entry, or give the entries terms that exclude each other"
                }
            };
            let violation = Violation::new(path(claim), message, help);
            violations.add(violation.with(other.position, path(other), "the other claim"));
        }
    }
}

/// An entry, and where it stands.
struct Claim<'a> {
    /// Its document, by number.
    position: usize,
    document: &'a SriovConfig,
    entry: &'a PfSpec,
    path: &'a SpecPath,
}

/// How it is known that two entries mean the same PF.
#[derive(Clone, Copy)]
enum Meeting {
    /// By this term, which names a PF.
    Term(&'static str),
    /// What the one matches is matched by the other.
    Covered,
    /// What the other matches is matched by the one.
    Covers,
}

impl Claim<'_> {
    fn name(&self) -> String {
        format!("{}/{}", self.document.metadata.name, self.entry.name)
    }

    /// Returns how it is known that both mean the same PF; `None` where it is not.
    fn meets(&self, other: &Self) -> Option<Meeting> {
        let (one, two) = (&self.entry.matcher, &other.entry.matcher);
        // Two entries that both may match nothing can be alternatives for different hosts.
        let are_alternatives = self.entry.optional && other.entry.optional && one != two;
        let by_name = || one.surely_same_device(two).map(Meeting::Term);
        // Whatever one of them finds, the other finds, too; which of them may find nothing is all the same.
        let by_cover = || {
            let covered = two.covers(one).then_some(Meeting::Covered);
            covered.or_else(|| one.covers(two).then_some(Meeting::Covers))
        };
        let named = if are_alternatives { None } else { by_name() };
        // That a matcher has no terms is a mistake of its own.
        let is_empty = [one, two].contains(&&Matcher::default());
        named.or_else(|| if is_empty { None } else { by_cover() })
    }
}
