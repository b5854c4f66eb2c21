//! What users of other tools have run into, tried here: a spec and the facts of a host each, and what `vfctl plan` says.
//!
//! `VFCTL_BLESS=1` writes what is printed instead of comparing it; review it like code.

#![allow(clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each report with the exit code of its plan.
const REPORTS: &[(&str, i32)] = &[
    ("address-that-another-vf-has", 1),
    ("address-that-moves-on", 2),
    ("busy-and-nobody-made-vfs", 2),
    ("count-by-module-parameter", 1),
    ("driver-named-by-its-module", 1),
    ("drivers-that-nobody-has", 1),
    ("graphics-have-no-link", 2),
    ("group-that-holds-the-port", 1),
    ("guarantees-beyond-the-link", 1),
    ("infiniband-is-not-elsewhere", 1),
    ("module-under-lockdown", 2),
    ("names-that-mean-nobody", 1),
    ("one-address-for-a-guests-bond", 1),
    ("one-address-that-is-meant", 2),
    ("port-held-by-vfio-pci", 2),
    ("port-open-through-vfio", 2),
    ("priority-on-an-older-kernel", 2),
    ("settings-without-a-count", 1),
    ("spoof-check-that-is-not-there", 1),
    ("switchdev-refuses-a-vlan", 1),
    ("values-of-vfs-that-others-hold", 4),
    ("vlan-4095-means-none", 2),
    ("wish-that-nothing-fulfils", 1),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports")
}

/// Plans for a report; returns the exit code and all that was printed.
fn plan(report: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
    command.current_dir(report).args(["plan", "spec.yaml", "--facts", "facts.json", "-v"]).env_clear();
    let ran = command.output().expect("run vfctl");
    let printed = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).expect("text")).concat();
    (ran.status.code(), printed)
}

#[test]
fn each_report_ends_and_reads_as_it_should() {
    let blesses = std::env::var_os("VFCTL_BLESS").is_some_and(|value| value == "1");
    for (name, code) in REPORTS {
        let report = root().join(name);
        let (ended, printed) = plan(&report);
        assert_eq!(ended, Some(*code), "{name}: {printed}");
        let golden = report.join("plan.txt");
        if blesses {
            fs::write(&golden, &printed).expect("write what is printed");
        }
        assert_eq!(
            fs::read_to_string(&golden).unwrap_or_default(),
            printed,
            "{name}; VFCTL_BLESS=1 writes it anew"
        );
    }
}

#[test]
fn every_report_is_tried() {
    let folders =
        fs::read_dir(root()).expect("the reports").map(|entry| entry.expect("an entry").file_name());
    let mut folders: Vec<String> = folders.map(|name| name.into_string().expect("a name")).collect();
    folders.sort();
    assert_eq!(folders, REPORTS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}
