//! `vfctl explain pod` on recorded facts: what it prints, and how it ends.
#![allow(clippy::expect_used, clippy::disallowed_methods, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explain_pod");

/// Runs `vfctl explain` on the facts; returns how it ended and what it printed.
fn explain(arguments: &[&str]) -> (Option<i32>, String, String) {
    let facts = Path::new(FOLDER).join("facts.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
    command.arg("explain").args(arguments).arg("--facts").arg(facts);
    command.env("NO_COLOR", "1").env_remove("VFCTL_STATE_DIR").env("VFCTL_SPEC_DIR", "/nowhere");
    let output = command.output().expect("run vfctl");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn chain_is_printed_link_by_link_and_ends_with_1_where_one_is_broken() {
    for (pod, code) in [("runs", 0), ("empty", 1), ("ipam", 1), ("ipan", 1)] {
        let (found, out, err) = explain(&["pod", &format!("default/{pod}")]);
        let path = Path::new(FOLDER).join(format!("{pod}.txt"));
        if std::env::var_os("VFCTL_BLESS").is_some() {
            std::fs::write(&path, &out).expect("write the golden");
        }
        let golden = std::fs::read_to_string(&path).expect("a golden");
        assert_eq!((found, out, err.as_str()), (Some(code), golden, ""), "{pod}");
    }
}

#[test]
fn one_word_means_the_same_and_json_has_the_links() {
    assert_eq!(explain(&["pod/default/empty"]), explain(&["pod", "default/empty"]));
    let (code, out, err) = explain(&["pod/default/empty", "-o", "json"]);
    assert_eq!((code, err.as_str()), (Some(1), ""));
    let document: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(document["format"], "vfctl.dev/pod-chain/v1");
    assert_eq!(document["chain"]["state"], "broken");
    let links = document["chain"]["links"].as_array().expect("links");
    let broken = links.iter().filter(|link| link["state"] == "broken");
    let words: Vec<(&str, &str)> =
        broken.filter_map(|link| Some((link["link"].as_str()?, link["reason"].as_str()?))).collect();
    let expected = [("network", "noSuchNetwork"), ("allocatable", "poolEmpty"), ("node", "notScheduled")];
    assert_eq!(words, expected);
}

#[test]
fn what_names_no_pod_is_an_error_that_says_the_form() {
    for (arguments, said) in [
        (&["pod"][..], "name the pod as NAMESPACE/NAME"),
        (&["pod", "web-0"], "`web-0` is not the name of a pod (NAMESPACE/NAME"),
        (&["pod/a/b/c"], "`a/b/c` is not the name of a pod"),
        (&["pf/fast"], "none is named, and the folder `/nowhere` does not exist\n  fix: name a spec"),
    ] {
        let (code, out, err) = explain(arguments);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
}

#[test]
fn facts_without_a_cluster_are_an_error_that_names_the_command() {
    let facts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/pools-x710/facts.json");
    let ran = Command::new(env!("CARGO_BIN_EXE_vfctl"))
        .args(["explain", "pod", "default/a", "--facts", facts])
        .output()
        .expect("run vfctl");
    let err = String::from_utf8(ran.stderr).expect("text");
    assert_eq!(ran.status.code(), Some(1));
    assert!(
        err.contains("explain a pod: the facts have no cluster") && err.contains("record --cluster"),
        "{err}"
    );
}
