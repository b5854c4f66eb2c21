//! `vfctl init`: what it writes is valid and can be planned, for every port of the examples.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod file;
mod ports;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

fn vfctl(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
    let ran = command.current_dir(folder).args(words).env_clear().output().expect("run vfctl");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (ran.status.code().expect("an exit code"), text(ran.stdout), text(ran.stderr))
}

/// Returns a folder with the facts of a host of the examples, in `facts.json`.
fn with_facts() -> TempDir {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/dpdk-e810");
    let folder = tempfile::tempdir().expect("a folder");
    fs::copy(example.join("facts.json"), folder.path().join("facts.json")).expect("copy the facts");
    folder
}

/// Returns each host of the examples: a file of its facts alone, and its ports.
fn hosts(folder: &Path) -> Vec<(PathBuf, Vec<(String, Value)>)> {
    let mut hosts = Vec::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for entry in fs::read_dir(examples).expect("the examples") {
        let entry = entry.expect("an entry").path();
        let Ok(text) = fs::read_to_string(entry.join("facts.json")) else { continue };
        let facts: Value = serde_json::from_str(&text).expect("facts");
        for (name, host) in facts["hosts"].as_object().expect("hosts") {
            let one = serde_json::json!({"format": facts["format"], "hosts": {name: host}});
            let file = folder.join(format!("{}-{name}.json", entry.file_name().unwrap().to_str().unwrap()));
            fs::write(&file, one.to_string()).expect("write facts");
            let ports = host["physicalFunctions"].as_object().expect("ports");
            hosts.push((file, ports.iter().map(|(address, pf)| (address.clone(), pf.clone())).collect()));
        }
    }
    hosts
}

#[test]
fn what_it_writes_is_valid_and_planned_for_every_port_and_so_is_each_commented_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut ports_seen = 0;
    for (facts, ports) in hosts(folder) {
        let facts = facts.to_str().expect("a path");
        for (address, pf) in ports {
            ports_seen += 1;
            let (code, spec, said) = vfctl(folder, &["init", &address, "--facts", facts]);
            assert_eq!(code, 0, "{facts} {address}: {said}");
            let by_short = address.strip_prefix("pci/0000:").unwrap_or(&address);
            assert_eq!(vfctl(folder, &["init", by_short, "--facts", facts]).1, spec);
            if let Some(name) = pf["netdev"]["name"].as_str() {
                assert_eq!(vfctl(folder, &["init", name, "--facts", facts]).1, spec, "{facts} {name}");
            }
            let file = folder.join("spec.yaml");
            fs::write(&file, &spec).expect("write the spec");
            let planned = vfctl(folder, &["plan", "spec.yaml", "--facts", facts]);
            let expected = if pf["vfCount"].as_u64() > Some(0) { 0 } else { 2 };
            assert_eq!(planned.0, expected, "{facts} {address}: {}", planned.1);
            assert!(planned.2.is_empty(), "{}", planned.2);
            // Each line that is only a comment now, and the one above a setting of all VFs.
            let lines: Vec<&str> = spec.lines().collect();
            for (at, line) in lines.iter().enumerate().skip(3) {
                let Some((blanks, setting)) =
                    line.split_once("# ").filter(|(blanks, _)| blanks.trim().is_empty())
                else {
                    continue;
                };
                if setting.starts_with("all:") || setting.starts_with("groups") || setting.starts_with(' ') {
                    continue;
                }
                let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
                changed[at] = format!("{blanks}{setting}");
                if blanks.len() == 10 {
                    let all = lines.iter().position(|line| line.trim_start().starts_with("# all:"));
                    all.into_iter().for_each(|all| changed[all] = "        all:".to_owned());
                }
                fs::write(&file, changed.join("\n") + "\n").expect("write the spec");
                let (code, _, said) = vfctl(folder, &["validate", "spec.yaml"]);
                assert_eq!(code, 0, "{line}: {said}");
            }
            let whole = spec.replace("        # groups:\n        #   -", "        groups:\n          -");
            assert_ne!(whole, spec);
            fs::write(&file, whole).expect("write the spec");
            let (code, _, said) = vfctl(folder, &["validate", "spec.yaml"]);
            assert_eq!(code, 0, "{said}");
        }
    }
    assert!(ports_seen >= 20, "only {ports_seen} ports");
}

#[test]
fn what_is_asked_for_is_in_the_plan() {
    let folder = with_facts();
    let folder = folder.path();
    let words = "init ens1f0np0 --facts facts.json --count 4 --driver vfio-pci --vlan 100 --mac 02:4e:33:00:00:00 --name upf --out sriov.yaml";
    let words: Vec<&str> = words.split(' ').collect();
    assert_eq!(vfctl(folder, &words), (0, String::new(), String::new()));
    let (code, plan, said) = vfctl(folder, &["plan", "sriov.yaml", "--facts", "facts.json"]);
    assert_eq!((code, said.as_str()), (2, ""), "{plan}");
    for line in [
        "as upf/upf",
        "+ count: 0 -> 4",
        "vf 0-3: vlan: none -> 100",
        "02:4e:33:00:00:03",
        "driver: none -> vfio-pci",
        "module vfio_pci: not loaded -> loaded",
    ] {
        assert!(plan.contains(line), "`{line}` is not in\n{plan}");
    }
    let before = fs::read(folder.join("sriov.yaml")).expect("the spec");
    let (code, out, said) = vfctl(folder, &words);
    let expected = "error: failed to write `sriov.yaml`: the file exists already\n  fix: pass --force to replace it, or name another file\n";
    assert_eq!((code, out.as_str(), said.as_str()), (1, "", expected));
    assert_eq!(fs::read(folder.join("sriov.yaml")).expect("the spec"), before);
}

#[test]
fn what_cannot_be_is_refused_with_a_fix_and_nothing_is_written() {
    let folder = with_facts();
    for (words, said) in [
        (
            "init ens1f0np1",
            "find the port `ens1f0np1`: the ports that can have VFs are ens1f0np0, ens1f1np1\n  fix: did you mean `ens1f0np0`?",
        ),
        (
            "init ens1f0np0 --count 9999",
            "write a spec for ens1f0np0: 9999 VFs are more than the 128 that device and driver offer\n  fix: ask for at most 128; ",
        ),
        ("init ens1f0np0 --mac 01:00:00:00:00:00", "error: "),
        ("init ens1f0np0 --name a/b", "error: "),
    ] {
        let mut words: Vec<&str> = words.split(' ').collect();
        words.extend(["--facts", "facts.json", "--out", "new.yaml"]);
        let (code, out, err) = vfctl(folder.path(), &words);
        assert!(code == 1 && out.is_empty() && err.contains(said), "{words:?}: {err}");
        assert!(!folder.path().join("new.yaml").exists(), "{words:?}");
    }
}
