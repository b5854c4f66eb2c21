//! A new VF attribute is two files: the kept patch adds a made-up one, and the program that is built with it
//! knows it from spec and schema to plan, op and reading.
//!
//! The kernel has no such attribute, so what is put on the wire is held against what is read from it by the tests of
//! `vfctl-host`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::patched::{ATTRIBUTE, PATCHED, Simulated, files_in, steps};
use crate::repository::text_of;

/// All that a new attribute of a known shape touches: its row, and its arms in netlink.
const TOUCHED: [&str; 2] = ["crates/host/src/netlink/vf_attribute.rs", "crates/model/src/attribute.rs"];
/// Facts of an emulated host.
const FACTS: &str = "testbed/fixtures/lab.facts.json";
/// A spec that asks for the made-up attribute.
const SPEC: &str = "crates/tidy/fixtures/made-up-attribute.yaml";
/// The device that the spec is about.
const DEVICE: &str = "netdevsim/netdevsim1";

#[test]
fn the_kept_patch_touches_the_table_and_netlink_and_nothing_else() {
    assert_eq!(files_in(text_of(ATTRIBUTE)), BTreeSet::from(TOUCHED));
    let third = "--- a/b/c.rs\n+++ b/b/c.rs\n@@ -1 +1 @@\n-x\n+y\n--- /dev/null\n+++ b/d.rs\n";
    assert_eq!(files_in(third), BTreeSet::from(["b/c.rs", "d.rs"]));
}

#[test]
fn a_new_attribute_is_two_files_from_spec_to_wire() {
    let host = Simulated::new("attribute", text_of(FACTS));
    assert!(host.vfctl(0, &["schema", "spec"]).contains("\"icmpFilter\""), "the schema has the attribute");
    let planned = steps(&host.vfctl(2, &["plan", SPEC, "--json"]));
    let filters = planned.iter().filter(|(property, _)| property == "icmpFilter");
    assert_eq!(filters.map(|(_, changes)| changes.len()).collect::<Vec<_>>(), [4], "{planned:?}");
    host.vfctl(0, &["apply", SPEC, "--yes"]);
    assert_eq!(steps(&host.vfctl(0, &["plan", SPEC, "--json"])), [], "what was applied is as it should be");

    let by_hand = host.sim(&["hand", "set", DEVICE, "vf", "1", "icmpFilter", "off"]);
    assert_eq!(by_hand.code, 0, "{}", by_hand.err);
    let drift = steps(&host.vfctl(2, &["plan", SPEC, "--json"]));
    let [(property, changes)] = drift.as_slice() else { panic!("one step mends it: {drift:?}") };
    assert_eq!((property.as_str(), changes.len()), ("icmpFilter", 1), "{drift:?}");
    assert_eq!(
        (&changes[0]["op"]["vf"], &changes[0]["to"]),
        (&Value::from(1), &Value::from(true)),
        "{drift:?}"
    );
    host.vfctl(0, &["apply", SPEC, "--yes"]);
    assert!(host.vfctl(0, &["plan", SPEC]).ends_with("No changes.\n"));

    let said = PATCHED.test(&["--lib", "attribute"]);
    assert!(said.contains("what_is_written_is_read_and_nothing_else ... ok"), "{said}");
}
