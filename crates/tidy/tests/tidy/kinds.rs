//! How the folders of `kinds` stand to one another, that the simulator believes none of them,
//! and names that one thing has.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::{FILES, File, assert_none};
use crate::rust_source::{code, shipped_code};

/// Where the kinds are.
const KINDS: &str = "crates/kinds/src/";

/// Names of which a reader may ask "which one?", so that each is given once at most.
const GIVEN_ONCE: &[&str] = &["Verdict", "Wish", "Answer", "Source", "Setting"];

/// Returns which folders of `kinds` each of them uses.
fn uses(files: &[File]) -> BTreeMap<String, BTreeSet<String>> {
    let folder = |path: &str| Some(path.strip_prefix(KINDS)?.split_once('/')?.0.to_owned());
    let folders: BTreeSet<String> = files.iter().filter_map(|file| folder(&file.path)).collect();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let Some(user) = folder(&file.path) else { continue };
        let text = shipped_code(&file.text);
        let used = folders.iter().filter(|used| **used != user && text.contains(&format!("crate::{used}::")));
        uses.entry(user.clone()).or_default().extend(used.cloned());
    }
    uses
}

/// Returns the folders that reach themselves through others.
fn circles(uses: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let reach = |from: &str| {
        let mut reached = BTreeSet::new();
        let mut ahead = vec![from.to_owned()];
        while let Some(folder) = ahead.pop() {
            let next = uses.get(&folder).into_iter().flatten();
            ahead.extend(next.filter(|used| reached.insert((*used).clone())).cloned());
        }
        reached
    };
    uses.keys().filter(|folder| reach(folder).contains(*folder)).cloned().collect()
}

/// Returns where a word stands in the code of a folder, outside comments and texts.
fn says(files: &[File], folder: &str, word: &str) -> Vec<String> {
    let within = files.iter().filter(|file| file.is_rust() && file.path.starts_with(folder));
    within.filter(|file| code(&file.text).contains(word)).map(|file| file.path.clone()).collect()
}

/// Returns the names of types that are given more than once.
fn given_twice(files: &[File]) -> Vec<String> {
    let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let text = code(&file.text);
        let words: Vec<&str> =
            text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
        for pair in words.windows(2) {
            let name = GIVEN_ONCE.iter().find(|name| **name == pair[1]);
            if let Some(name) = name.filter(|_| matches!(pair[0], "struct" | "enum" | "trait" | "type")) {
                given.entry(name).or_default().push(&file.path);
            }
        }
    }
    given.retain(|_, files| files.len() > 1);
    given.iter().map(|(name, files)| format!("{name}: {}", files.join(", "))).collect()
}

#[test]
fn kinds_use_one_another_in_one_direction() {
    let found = uses(&FILES);
    assert!(
        found.len() > 5 && found.values().any(|used| !used.is_empty()),
        "the folders are found: {found:?}"
    );
    assert_none(&circles(&found), "a kind knows those that it is built on, and they do not know it");
    let file = |path: &str, text: &str| File::new(&format!("{KINDS}{path}"), text);
    let both = [file("a/mod.rs", "use crate::b::B;"), file("b/c.rs", "fn d() { crate::a::e() }")];
    assert_eq!(circles(&uses(&both)), ["a", "b"]);
    let one = [file("a/mod.rs", "use crate::b::B;"), file("b/c.rs", "// crate::a::e()")];
    assert_eq!(circles(&super::kinds::uses(&one)), [""; 0]);
}

#[test]
fn simulator_never_reads_the_rows_that_planning_believes() {
    assert_none(
        &says(&FILES, "crates/sim/src/", "DriverRow"),
        "the simulator has rows of its own: a wrong row must not prove itself",
    );
    assert_eq!(
        says(
            &[File::new("crates/sim/src/a.rs", "use vfctl_model::DriverRow;")],
            "crates/sim/src/",
            "DriverRow"
        )
        .len(),
        1
    );
    assert_eq!(
        says(&[File::new("crates/sim/src/a.rs", "// DriverRow")], "crates/sim/src/", "DriverRow").len(),
        0
    );
}

#[test]
fn a_name_that_says_little_is_given_to_one_type() {
    assert_none(&given_twice(&FILES), "say what kind of thing it is");
    let file = |path: &str| File::new(path, "pub enum Verdict {}");
    assert_eq!(given_twice(&[file("crates/a/src/b.rs"), file("crates/c/src/d.rs")]).len(), 1);
    assert_eq!(given_twice(&[file("crates/a/src/b.rs"), File::new("e.rs", "// struct Verdict")]).len(), 0);
}
