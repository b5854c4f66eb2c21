//! Who uses whom: the table of `docs/architecture.md` against what cargo says.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::{CRATES, Crate, Dependency, reach};
use crate::repository::{assert_none, text_of};

/// The crates that are pure functions of data.
const PURE: &[&str] = &["model", "port", "kinds", "spec", "plan", "view", "apply"];
/// Packages through which a program reaches the system, the network or another runtime.
const REACHES_OUT: &[&str] =
    &["libc", "nix", "rustix", "netlink-sys", "tokio", "mio", "reqwest", "hyper", "ureq", "tempfile"];

/// Reads the table of crates: the row of each, and whom it uses.
fn table(architecture: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut rows = BTreeMap::new();
    for line in architecture.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [first, _, uses] = cells[..] else { continue };
        let name = |text: &str| text.trim().trim_matches('`').trim_end_matches('/').to_owned();
        let uses = uses.split(',').map(name).filter(|used| used != "–").collect();
        rows.insert(name(first), uses);
    }
    rows
}

/// Returns where the table and cargo differ.
fn differences(table: &BTreeMap<String, BTreeSet<String>>, crates: &BTreeMap<String, Crate>) -> Vec<String> {
    let mut flaws = Vec::new();
    for (name, described) in crates {
        let Some(row) = table.get(name) else {
            flaws.push(format!("{name} has no row"));
            continue;
        };
        let uses: BTreeSet<String> =
            described.uses.keys().filter(|used| crates.contains_key(*used)).cloned().collect();
        flaws.extend(
            uses.difference(row).map(|used| format!("{name} uses {used}, and its row does not say so")),
        );
        flaws.extend(
            row.difference(&uses).map(|used| format!("{name} does not use {used}, and its row says so")),
        );
    }
    flaws.extend(
        table.keys().filter(|name| !crates.contains_key(*name)).map(|name| format!("{name} is no crate")),
    );
    flaws
}

/// Returns who depends directly on one of these packages, but for those who may.
fn users_of(crates: &BTreeMap<String, Crate>, package: impl Fn(&str) -> bool, may: &[&str]) -> Vec<String> {
    let mut flaws = Vec::new();
    for (name, described) in crates.iter().filter(|(name, _)| !may.contains(&name.as_str())) {
        let code = described.uses.iter().filter(|(_, how)| !how.dev).map(|(used, _)| used);
        flaws.extend(code.filter(|used| package(used)).map(|used| format!("{name} uses {used}")));
    }
    flaws
}

/// Returns a small workspace in which `a` uses these.
fn workspace(uses: &[(&str, Dependency)]) -> BTreeMap<String, Crate> {
    let uses = uses.iter().map(|(name, how)| ((*name).to_owned(), *how)).collect();
    let a = Crate { uses, ..Crate::default() };
    [("a".to_owned(), a), ("b".to_owned(), Crate::default())].into()
}

#[test]
fn crates_use_exactly_whom_the_architecture_says() {
    let flaws = differences(&table(text_of("docs/architecture.md")), &CRATES);
    assert_none(
        &flaws,
        "the table of docs/architecture.md is true; a new arrow is a decision record in docs/adr",
    );
}

#[test]
fn an_arrow_too_many_or_too_few_is_found() {
    let used = workspace(&[("b", Dependency::default())]);
    let unused = workspace(&[]);
    let says = table("| crate | what | uses |\n|---|---|---|\n| `a` | A | b |\n| `b` | B | – |\n");
    let denies = table("| `a` | A | – |\n| `b` | B | – |\n");
    assert_eq!(differences(&says, &used), [""; 0]);
    assert_eq!(differences(&denies, &used), ["a uses b, and its row does not say so"]);
    assert_eq!(differences(&says, &unused), ["a does not use b, and its row says so"]);
    assert_eq!(
        differences(&table("| `a` | A | – |\n| `c/` | C | – |"), &unused),
        ["b has no row", "c is no crate"]
    );
}

#[test]
fn the_shipped_program_is_built_without_the_simulator() {
    assert!(!reach(&CRATES, "cli").contains("sim"), "cli reaches sim with all features off");
    let default = CRATES["cli"].features.get("default");
    assert!(default.is_none_or(Vec::is_empty), "cli turns on {default:?} by default");
    let optional = Dependency { dev: false, optional: true };
    assert!(!reach(&workspace(&[("b", optional)]), "a").contains("b"));
    assert!(reach(&workspace(&[("b", Dependency::default())]), "a").contains("b"));
}

#[test]
fn the_simulator_shares_no_belief_with_the_planner() {
    let uses: BTreeSet<&str> = CRATES["sim"].uses.keys().map(String::as_str).collect();
    let shared: Vec<_> =
        ["kinds", "spec", "plan", "apply"].into_iter().filter(|name| uses.contains(name)).collect();
    assert_eq!(shared, [""; 0], "a simulator that shares the planner's beliefs proves nothing");
}

#[test]
fn the_testbed_knows_vfctl_only_as_a_program() {
    let own: Vec<_> = CRATES["testbed"].uses.keys().filter(|used| CRATES.contains_key(*used)).collect();
    assert_eq!(own, [""; 0]);
}

#[test]
fn nobody_uses_what_is_only_run() {
    assert_none(
        &users_of(&CRATES, |used| matches!(used, "cli" | "tidy" | "testbed"), &[]),
        "these are programs and tests",
    );
}

#[test]
fn only_the_cluster_crate_may_know_kubernetes() {
    let kubernetes = |used: &str| used.starts_with("kube") || used.starts_with("k8s-");
    assert_none(&users_of(&CRATES, kubernetes, &["cluster"]), "Kubernetes is one crate's business");
    assert_eq!(users_of(&workspace(&[("kube", Dependency::default())]), kubernetes, &["cluster"]).len(), 1);
}

#[test]
fn the_pure_crates_reach_nothing_outside() {
    let edges: Vec<&str> = CRATES.keys().map(String::as_str).filter(|name| !PURE.contains(name)).collect();
    let flaws = users_of(&CRATES, |used| REACHES_OUT.contains(&used), &edges);
    assert_none(&flaws, "no clock, environment, file, socket or process in the pure half");
    for name in PURE {
        assert!(CRATES.contains_key(*name), "{name}");
    }
}

#[test]
fn every_crate_says_what_it_is_and_is_never_published() {
    for (name, described) in &*CRATES {
        assert!(!described.published, "{name} has no `publish = false`");
        assert!(described.description.is_some(), "{name} has no description");
    }
}
