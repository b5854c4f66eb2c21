//! A new kind is a folder of `kinds` and rows elsewhere: the kept patch adds a made-up one with a field, a property and
//! an op, and the program that is built with it plans, applies, explains and undoes nothing of its own accord.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::patched::{KIND, PATCHED, Simulated, files_in, steps};
use crate::repository::text_of;

/// The kind's own files: its folder, and its rules in the simulator.
const OWN: [&str; 2] = ["crates/kinds/src/beacon/mod.rs", "crates/sim/src/rules/beacon.rs"];
/// The lists and tables that have a row of it, or an arm: the registry, properties, actions, what each edge does and
/// reads, and what a simulated port begins with.
const ROWS: [&str; 8] = [
    "crates/host/src/perform/action.rs",
    "crates/host/src/sysfs/kept.rs",
    "crates/kinds/src/lib.rs",
    "crates/port/src/action.rs",
    "crates/port/src/property.rs",
    "crates/sim/src/perform.rs",
    "crates/sim/src/rules/bus.rs",
    "crates/sim/src/rules/mod.rs",
];
/// Facts of an emulated host.
const FACTS: &str = "testbed/fixtures/lab.facts.json";
/// A spec that asks for the made-up kind.
const SPEC: &str = "crates/tidy/fixtures/made-up-kind.yaml";
/// The device that the spec is about.
const DEVICE: &str = "pci/0000:01:00.0";

/// Returns facts of the emulated host, whose device has a light that reads so.
fn facts(beacon: &str) -> String {
    let mut facts: Value = serde_json::from_str(text_of(FACTS)).expect("facts");
    facts["hosts"]["lab"]["physicalFunctions"][DEVICE]["properties"]["beacon"] = json!(beacon);
    facts.to_string()
}

#[test]
fn the_kept_patch_of_a_kind_touches_its_own_files_and_tables() {
    let files = OWN.into_iter().chain(ROWS).collect::<BTreeSet<_>>();
    assert_eq!(files_in(text_of(KIND)), files);
    // Rows and arms alone: nothing that was there goes, but for a list that is broken over lines.
    let taken_away = text_of(KIND).lines().filter(|line| line.starts_with('-') && !line.starts_with("---"));
    assert!(taken_away.count() <= 4, "{KIND} changes what is there");
}

#[test]
fn a_new_kind_is_a_folder_and_rows_from_spec_to_op() {
    let host = Simulated::new("kind", &facts("off"));
    assert!(host.vfctl(0, &["schema", "spec"]).contains("\"beacon\""), "the schema has the field");
    assert!(host.vfctl(0, &["discover"]).contains("BEACON"), "discover has the column");
    let planned = host.vfctl(2, &["plan", SPEC, "-v"]);
    assert!(planned.contains("beacon: off -> on"), "{planned}");
    assert!(planned.contains("echo 1 > /sys/bus/pci/devices/0000:01:00.0/sriov_beacon"), "{planned}");

    let fault = host.sim(&["hand", "fault", "setBeacon", "refuse", "EIO"]);
    assert_eq!(fault.code, 0, "{}", fault.err);
    host.vfctl(1, &["apply", SPEC, "--yes"]);
    let fault = host.sim(&["hand", "fault", "setBeacon", "none"]);
    assert_eq!(fault.code, 0, "{}", fault.err);

    host.vfctl(0, &["apply", SPEC, "--yes"]);
    assert_eq!(steps(&host.vfctl(0, &["plan", SPEC, "--json"])), [], "what was applied is as it should be");
    let explained = host.vfctl(0, &["explain", "pf/port/beacon", SPEC]);
    assert!(explained.contains("reading   on, from sriov_beacon"), "{explained}");
    assert!(
        host.vfctl(0, &["discover", "-o", "spec"]).contains("beacon: on"),
        "discover writes it as a spec"
    );

    let unread = Simulated::new("unread", &facts("unreadable: EIO"));
    let planned = unread.vfctl(1, &["plan", SPEC]);
    assert!(planned.contains("its light could not be read: EIO"), "{planned}");

    // What walks over the tables takes the new rows without a word of its own.
    let said = PATCHED.test(&["--lib", "--test", "sim", "--test", "flaws", "--test", "apply"]);
    for test in [
        "op_of_each_action_round_trips_and_is_written_as_its_command",
        "work_of_each_action_is_of_the_transport_that_its_row_says",
        "every_op_is_done_and_seen_when_nothing_is_wrong",
    ] {
        assert!(said.contains(&format!("{test} ... ok")), "{said}");
    }
    PATCHED.check(&["--all-targets"]);
}
