//! A new VF attribute is two files: the kept patch adds a made-up one, and the program that is built with it
//! knows it from spec and schema to plan, op and reading.
//!
//! The patched program runs on the simulator; the kernel has no such attribute, so what is put on the wire is
//! held against what is read from it by the tests of `vfctl-host`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::manifest::BUILD_FOLDER;
use crate::program::{Ran, build, run};
use crate::repository::{PATHS, ROOT, text_of};

/// The kept patch.
const PATCH: &str = "crates/tidy/patches/made-up-attribute.patch";
/// All that a new attribute of a known shape touches: its row, and its arms in netlink.
const TOUCHED: [&str; 2] = ["crates/host/src/netlink/vf_attribute.rs", "crates/model/src/attribute.rs"];
/// Facts of an emulated host.
const FACTS: &str = "testbed/fixtures/lab.facts.json";
/// A spec that asks for the made-up attribute.
const SPEC: &str = "crates/tidy/fixtures/made-up-attribute.yaml";
/// The device that the spec is about.
const DEVICE: &str = "netdevsim/netdevsim1";

/// Returns the files that a patch changes, makes or takes away.
fn files_in(patch: &str) -> BTreeSet<&str> {
    let named = patch.lines().filter_map(|line| line.strip_prefix("--- ").or(line.strip_prefix("+++ ")));
    named
        .filter(|name| *name != "/dev/null")
        .filter_map(|name| name.split_once('/'))
        .map(|(_, path)| path)
        .collect()
}

/// The version that the copy's crates have. Cargo tells crates of one name in one build folder apart by version;
/// with another one, copy and repository share the crates that both depend on, and nothing else.
const VERSION: &str = "version = \"0.0.0-made-up\"";

/// A copy of the repository with the patch; later runs find it warm.
struct Patched {
    folder: PathBuf,
}

impl Patched {
    /// Makes the copy, or brings it up to date: a file that is right already is not written again.
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-attribute");
        let (source, patched) = (folder.join("source"), folder.join("patched"));
        apply_patch(&patched);
        // Cargo finds the repository's own configuration above; twice the same flags would be other flags.
        let taken: BTreeSet<&String> = PATHS.iter().filter(|path| !path.starts_with(".cargo/")).collect();
        for path in &taken {
            let from = if TOUCHED.contains(&path.as_str()) { &patched } else { &*ROOT };
            let (mut wanted, target) = (fs::read(from.join(path)).expect("read a file"), source.join(path));
            if path.as_str() == "Cargo.toml" {
                wanted = with_other_version(text_of(path)).into_bytes();
            }
            if fs::read(&target).ok().as_ref() != Some(&wanted) {
                fs::create_dir_all(target.parent().expect("a folder")).expect("make a folder");
                fs::write(&target, wanted).expect("write a file");
            }
        }
        for path in files_below(&source) {
            let relative = path.strip_prefix(&source).expect("below").to_string_lossy().into_owned();
            if relative != "Cargo.lock" && !taken.contains(&relative) {
                fs::remove_file(&path).expect("remove a file that is no more");
            }
        }
        Self { folder }
    }

    /// Returns a cargo command on the copy.
    fn cargo(&self, verb: &str) -> Command {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.arg(verb).current_dir(self.folder.join("source"));
        cargo
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .env("CARGO_BUILD_BUILD_DIR", &*BUILD_FOLDER);
        cargo
    }
}

/// Returns the workspace's manifest with the copy's version.
fn with_other_version(manifest: &str) -> String {
    let version = manifest.lines().find(|line| line.starts_with("version = \"")).expect("a version");
    manifest.replacen(version, VERSION, 1)
}

/// Writes the patched files, and nothing else, to a folder.
fn apply_patch(folder: &Path) {
    fs::remove_dir_all(folder).ok();
    for path in TOUCHED {
        let target = folder.join(path);
        fs::create_dir_all(target.parent().expect("a folder")).expect("make a folder");
        fs::write(target, text_of(path)).expect("write a file");
    }
    let mut git = Command::new("git");
    git.arg("apply").arg(ROOT.join(PATCH)).current_dir(folder);
    // Here git is a mere patch program: this folder is no part of the repository.
    let applied =
        git.env("GIT_CEILING_DIRECTORIES", folder.parent().expect("a folder")).output().expect("run git");
    let why = String::from_utf8_lossy(&applied.stderr);
    assert!(
        applied.status.success(),
        "{PATCH} does not apply any more; add the attribute to {TOUCHED:?} by hand, and keep `git diff -U2`\n{why}"
    );
}

/// Returns every file below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).expect("read a folder").map(|entry| entry.expect("read an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// A simulated host, and vfctl with the patch on it.
struct Simulated {
    program: PathBuf,
    world: PathBuf,
}

impl Simulated {
    /// Runs the simulator's program.
    fn sim(&self, arguments: &[&str]) -> Ran {
        let world = self.world.to_string_lossy();
        run(&self.program, &ROOT, &[&["--world", &world], arguments].concat())
    }

    /// Runs vfctl on the host; returns what it printed.
    #[track_caller]
    fn vfctl(&self, code: i32, arguments: &[&str]) -> String {
        let ran = self.sim(&[&["vfctl"], arguments].concat());
        assert_eq!(ran.code, code, "vfctl {arguments:?}\n{}{}", ran.out, ran.err);
        ran.out
    }
}

/// Returns the steps of a plan, as property and changes.
fn steps(plan: &str) -> Vec<(String, Vec<Value>)> {
    let plan: Value = serde_json::from_str(plan).expect("a plan");
    let mut steps = Vec::new();
    for host in plan["hosts"].as_object().expect("hosts").values() {
        let parts = |value: &Value, key: &str| value[key].as_array().expect("a list").clone();
        let lanes = parts(host, "stages").into_iter().flat_map(|stage| parts(&stage, "lanes"));
        let phases = lanes.flat_map(|lane| parts(&lane, "phases"));
        for step in phases.flat_map(|phase| parts(&phase, "steps")) {
            let property = step["property"].as_str().expect("a property").to_owned();
            steps.push((property, step["changes"].as_array().expect("changes").clone()));
        }
    }
    steps
}

#[test]
fn the_kept_patch_touches_the_table_and_netlink_and_nothing_else() {
    assert_eq!(files_in(text_of(PATCH)), BTreeSet::from(TOUCHED));
    let third = "--- a/b/c.rs\n+++ b/b/c.rs\n@@ -1 +1 @@\n-x\n+y\n--- /dev/null\n+++ b/d.rs\n";
    assert_eq!(files_in(third), BTreeSet::from(["b/c.rs", "d.rs"]));
}

#[test]
fn a_new_attribute_is_two_files_from_spec_to_wire() {
    let patched = Patched::new();
    let program = build(patched.cargo("build").args(["--features", "sim", "--bin", "vfctl-sim"]));
    let host = Simulated { program, world: patched.folder.join("world.json") };
    for leftover in [host.world.clone(), host.world.with_extension("state")] {
        drop(fs::remove_file(&leftover).or_else(|_| fs::remove_dir_all(&leftover)));
    }

    assert!(host.sim(&["new", FACTS]).code == 0, "the simulator takes {FACTS}");
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
        (&Value::from("1"), &Value::from("on")),
        "{drift:?}"
    );
    host.vfctl(0, &["apply", SPEC, "--yes"]);
    assert!(host.vfctl(0, &["plan", SPEC]).ends_with("No changes.\n"));

    let tested = patched
        .cargo("test")
        .args(["--offline", "--package", "vfctl-model", "--package", "vfctl-host", "--lib", "attribute"])
        .output()
        .expect("run cargo");
    let said =
        [tested.stdout, tested.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(tested.status.success(), "the table's and netlink's own tests hold for the attribute:\n{said}");
    assert!(said.contains("what_is_written_is_read_and_nothing_else ... ok"), "{said}");
}
