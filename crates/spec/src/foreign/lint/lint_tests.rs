//! Each lint is found in a document that has its name, and each document is called after a lint that is found in it.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::DevicePluginVersion;

use super::document::Reread;
use super::finding::Linter;
use super::row::Lint;
use crate::yaml::parse;

/// Returns the lints that are found in each document under `tests/lint`, by its name.
fn found() -> BTreeMap<String, BTreeSet<&'static str>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lint");
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the documents") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "snap" || extension == "new") {
            continue;
        }
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = String::from_utf8(std::fs::read(&path).expect("a document")).expect("text");
        let version =
            stem.split_once("-by-v").map(|(_, version)| format!("v{version}").parse().expect("a version"));
        let mut linter = Linter::new(version.unwrap_or(DevicePluginVersion::NEWEST));
        let (mut trees, mistakes) = parse(0, &text);
        if !mistakes.is_empty()
            && let Reread::Documents(read) = linter.reread(0, &text)
        {
            trees = read;
        }
        for tree in &trees {
            assert!(linter.document(tree, &text).is_empty(), "{stem} is not linted");
        }
        let lints = linter.findings.iter().map(|finding| finding.lint.name()).collect();
        assert!(found.insert(stem, lints).is_none(), "two documents of one name: {}", path.display());
    }
    found
}

#[test]
fn every_lint_is_found_in_a_document_of_its_name() {
    let found = found();
    let is_of = |stem: &str, name: &str| stem == name || stem.starts_with(&format!("{name}-"));
    for lint in Lint::ALL {
        let name = lint.name();
        let golden = found.iter().find(|(stem, lints)| is_of(stem, name) && lints.contains(name));
        assert!(golden.is_some(), "{name} has no document under tests/lint");
    }
    for (stem, lints) in found.iter().filter(|(stem, _)| !stem.starts_with("valid")) {
        assert!(lints.iter().any(|name| is_of(stem, name)), "{stem} is called after none of {lints:?}");
    }
}

#[test]
fn names_are_unique_and_in_lower_case() {
    let names: BTreeSet<&str> = Lint::ALL.iter().map(|lint| lint.name()).collect();
    assert_eq!(names.len(), Lint::ALL.len());
    for name in names {
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{name}");
    }
}
