//! Damaged facts, plan files and journals: the readers of vfctl neither panic nor hang on them, say where and why they
//! refuse them, and what they take survives being written and read again.
//!
//! The seeds count up from `VFCTL_FUZZ_SEED` (0) for `VFCTL_FUZZ_SECONDS` (2) in each test; a failure names its seed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod case;
mod mutation;
mod seeds;

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use serde_json::{Value, json};
use vfctl_cli::Exit;
use vfctl_plan::Plan;
use vfctl_port::{JournalEntry, World};
use vfctl_state::read_journal;

use case::Ran;
use mutation::{damage_tree, damaged, damaged_bytes};
use seeds::{Reception, for_seeds};

/// Asserts that what was refused is named, with a cause, and that what is printed is whole: of several documents in a
/// file, those that can be read are planned for.
fn assert_refused(ran: &Ran, file: &str) {
    assert_eq!(ran.exit, Exit::Failed);
    let is_of_errors = || {
        let document = serde_json::from_str::<Value>(&ran.out);
        document.is_ok_and(|document| document["format"] == "vfctl.dev/errors/v1")
    };
    let is_whole = ran.out.is_empty() || serde_json::from_str::<Plan>(&ran.out).is_ok() || is_of_errors();
    assert!(is_whole, "{}", ran.out);
    let after = ran.err.split_once(file).map(|(_, after)| after.trim_matches(['`', '\n', ':', ' ']));
    assert!(
        ran.err.starts_with("error: failed to ") && after.is_some_and(|cause| !cause.is_empty()),
        "{}",
        ran.err
    );
}

#[test]
fn damaged_facts_are_planned_for_or_refused() {
    for_seeds(|rng, case| {
        let path = case.file("facts.json");
        let text = damaged(rng, &case.facts);
        fs::write(&path, &text).expect("write facts");
        let file = path.to_str().expect("a path");
        let ran = case.vfctl(&["plan", case.spec(), "--facts", file, "--json"]);
        let Ok(world) = serde_json::from_slice::<World>(&text) else {
            assert_refused(&ran, file);
            return Reception::Refused;
        };
        let again = serde_json::to_string(&world).expect("JSON");
        assert_eq!(serde_json::from_str::<World>(&again).expect("what was written"), world);
        let plan: Plan =
            serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.err));
        let again = serde_json::to_string(&plan).expect("JSON");
        assert_eq!(serde_json::from_str::<Plan>(&again).expect("what was written"), plan);
        for output in ["table", "spec"] {
            case.vfctl(&["discover", "-o", output, "--facts", file]);
        }
        Reception::Taken
    });
}

#[test]
fn damaged_plans_are_shown_and_applied_or_refused() {
    for_seeds(|rng, case| {
        let plan = case.vfctl(&["plan", case.spec(), "--json"]).out;
        let path = case.file("plan.json");
        fs::write(&path, damaged(rng, &plan)).expect("write a plan");
        let file = path.to_str().expect("a path");
        let shown = case.vfctl(&["show", file]);
        if shown.exit == Exit::Failed {
            assert_refused(&shown, file);
            return Reception::Refused;
        }
        let plan: Plan = serde_json::from_slice(&fs::read(&path).expect("a plan")).expect("a plan");
        let again = serde_json::to_string(&plan).expect("JSON");
        assert_eq!(serde_json::from_str::<Plan>(&again).expect("what was written"), plan);
        case.state();
        let applied = case.vfctl(&["apply", "--allow-disruption", file]);
        assert!(
            applied.exit == Exit::Done || !(applied.out + &applied.err).is_empty(),
            "it fails and does not say why"
        );
        Reception::Taken
    });
}

#[test]
fn damaged_journals_are_read_or_reported() {
    for_seeds(|rng, case| {
        let state = case.state();
        case.vfctl(&["apply", "--yes", "--allow-disruption", case.spec()]);
        let Some(path) = journal(&state) else { return Reception::None };
        let text = fs::read_to_string(&path).expect("a journal");
        let bytes =
            if rng.bool() { damaged_bytes(rng, text.into_bytes()) } else { damaged_entry(rng, &text) };
        fs::write(&path, bytes).expect("write a journal");
        let reception = match read_journal(&path) {
            Ok(read) => {
                let again = serde_json::to_string(&read.entries).expect("JSON");
                let again: Vec<JournalEntry> = serde_json::from_str(&again).expect("what was written");
                assert_eq!(again, read.entries);
                Reception::Taken
            }
            Err(error) => {
                assert!(error.to_string().contains(path.to_str().expect("a path")), "{error}");
                Reception::Refused
            }
        };
        let ran = case.vfctl(&["plan", case.spec()]);
        assert!(!ran.out.is_empty(), "no plan depends on journals: {}", ran.err);
        reception
    });
}

/// Returns the one journal of a state folder, where there is one.
fn journal(state: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(state).ok()?.map(|entry| entry.expect("an entry").path());
    files.filter(|path| path.to_string_lossy().contains("journal")).find(|path| path.is_file())
}

/// Returns a journal with a damaged entry, under a checksum that fits.
fn damaged_entry(rng: &mut Rng, text: &str) -> Vec<u8> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = rng.usize(..lines.len());
    let mut line: Value = serde_json::from_str(&lines[at]).expect("a line");
    damage_tree(rng, &mut line["entry"]);
    let entry = line["entry"].to_string();
    let summed = format!("{} {} {entry}", line["line"], line["at"].as_str().expect("a time"));
    line["crc32"] = json!(format!("{:08x}", crc32fast::hash(summed.as_bytes())));
    lines[at] = line.to_string();
    (lines.join("\n") + "\n").into_bytes()
}
