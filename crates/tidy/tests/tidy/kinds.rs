//! How the folders of `kinds` stand to one another, and that the simulator believes none of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::{FILES, File, assert_none};
use crate::rust_source::{code, shipped_code};

/// Where the kinds are.
const KINDS: &str = "crates/kinds/src/";

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
        &says(&FILES, "crates/sim/", "DriverRow"),
        "the simulator has rows of its own: a wrong row must not prove itself",
    );
    assert_eq!(
        says(&[File::new("crates/sim/src/a.rs", "use vfctl_model::DriverRow;")], "crates/sim/", "DriverRow")
            .len(),
        1
    );
    assert_eq!(
        says(&[File::new("crates/sim/src/a.rs", "// DriverRow")], "crates/sim/", "DriverRow").len(),
        0
    );
}
