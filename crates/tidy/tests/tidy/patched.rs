//! A copy of the repository with the kept patches, and what is built of it.
//!
//! The patched program runs on the simulator; the kernel has neither the made-up attribute nor the made-up kind.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::manifest::BUILD_FOLDER;
use crate::program::{Ran, SELECTION, build, cargo, run};
use crate::repository::{PATHS, ROOT, text_of};

/// The kept patches.
pub(crate) const ATTRIBUTE: &str = "crates/tidy/patches/made-up-attribute.patch";
pub(crate) const KIND: &str = "crates/tidy/patches/made-up-kind.patch";

/// The version that the copy's crates have. Cargo tells crates of one name in one build folder apart by version;
/// with another one, copy and repository share the crates that both depend on, and nothing else.
const VERSION: &str = "version = \"0.0.0-patched\"";

/// The copy. One for all tests: it is built once.
pub(crate) static PATCHED: LazyLock<Patched> = LazyLock::new(Patched::new);
/// The simulator's program that is built of it.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| build(&mut PATCHED.cargo("build"), "vfctl-sim"));

/// Returns the files that a patch changes, makes or takes away.
pub(crate) fn files_in(patch: &str) -> BTreeSet<&str> {
    let named = patch.lines().filter_map(|line| line.strip_prefix("--- ").or(line.strip_prefix("+++ ")));
    named
        .filter(|name| *name != "/dev/null")
        .filter_map(|name| name.split_once('/'))
        .map(|(_, path)| path)
        .collect()
}

/// A copy of the repository with the patches; later runs find it warm.
pub(crate) struct Patched {
    folder: PathBuf,
}

impl Patched {
    /// Makes the copy, or brings it up to date: a file that is right already is not written again.
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("patched");
        let (source, patched) = (folder.join("source"), folder.join("files"));
        fs::remove_dir_all(&patched).ok();
        let touched: BTreeSet<&str> =
            [ATTRIBUTE, KIND].into_iter().flat_map(|patch| files_in(text_of(patch))).collect();
        for path in touched.iter().filter(|path| PATHS.iter().any(|known| known == *path)) {
            write(&patched.join(path), text_of(path).as_bytes());
        }
        for patch in [ATTRIBUTE, KIND] {
            apply(patch, &patched);
        }
        // Cargo finds the repository's own configuration above; twice the same flags would be other flags.
        let mut taken: BTreeSet<&str> =
            PATHS.iter().map(String::as_str).filter(|path| !path.starts_with(".cargo/")).collect();
        taken.extend(touched.iter().copied());
        for path in &taken {
            let from = if touched.contains(path) { &patched } else { &*ROOT };
            let (mut wanted, target) = (fs::read(from.join(path)).expect("read a file"), source.join(path));
            if *path == "Cargo.toml" {
                wanted = with_other_version(text_of(path)).into_bytes();
            }
            if fs::read(&target).ok().as_ref() != Some(&wanted) {
                write(&target, &wanted);
            }
        }
        for path in files_below(&source) {
            let relative = path.strip_prefix(&source).expect("below").to_string_lossy().into_owned();
            if relative != "Cargo.lock" && !taken.contains(relative.as_str()) {
                fs::remove_file(&path).expect("remove a file that is no more");
            }
        }
        Self { folder }
    }

    /// Returns a cargo command on the copy.
    pub(crate) fn cargo(&self, verb: &str) -> Command {
        let mut cargo = cargo(verb);
        cargo
            .current_dir(self.folder.join("source"))
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .env("CARGO_BUILD_BUILD_DIR", &*BUILD_FOLDER);
        cargo
    }

    /// Runs tests of the copy; returns what they said.
    #[track_caller]
    pub(crate) fn test(&self, arguments: &[&str]) -> String {
        self.holds("test", arguments)
    }

    /// Checks that what is named of the copy compiles.
    #[track_caller]
    pub(crate) fn check(&self, arguments: &[&str]) {
        self.holds("check", arguments);
    }

    #[track_caller]
    fn holds(&self, verb: &str, arguments: &[&str]) -> String {
        let tested = self.cargo(verb).args(SELECTION).args(arguments).output().expect("run cargo");
        let said =
            [tested.stdout, tested.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        assert!(tested.status.success(), "cargo {verb} of the copy:\n{said}");
        said
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
    fs::write(path, bytes).expect("write a file");
}

/// Returns the workspace's manifest with the copy's version.
fn with_other_version(manifest: &str) -> String {
    let version = manifest.lines().find(|line| line.starts_with("version = \"")).expect("a version");
    manifest.replacen(version, VERSION, 1)
}

/// Applies a patch to a folder that has the files which it touches.
fn apply(patch: &str, folder: &Path) {
    let mut git = Command::new("git");
    git.arg("apply").arg(ROOT.join(patch)).current_dir(folder);
    // Here git is a mere patch program: this folder is no part of the repository.
    let applied =
        git.env("GIT_CEILING_DIRECTORIES", folder.parent().expect("a folder")).output().expect("run git");
    let why = String::from_utf8_lossy(&applied.stderr);
    let files = files_in(text_of(patch));
    assert!(
        applied.status.success(),
        "{patch} does not apply any more; make its change to {files:?} by hand, and keep `git diff -U2`\n{why}"
    );
}

/// Returns every file below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).expect("read a folder").map(|entry| entry.expect("read an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// A simulated host, and vfctl with the patches on it.
pub(crate) struct Simulated {
    world: PathBuf,
}

impl Simulated {
    /// Returns a host that has these facts.
    pub(crate) fn new(name: &str, facts: &str) -> Self {
        let host = Self { world: PATCHED.folder.join(name).with_extension("world.json") };
        for leftover in [host.world.clone(), host.world.with_extension("state")] {
            drop(fs::remove_file(&leftover).or_else(|_| fs::remove_dir_all(&leftover)));
        }
        let file = PATCHED.folder.join(name).with_extension("facts.json");
        write(&file, facts.as_bytes());
        let made = host.sim(&["new", &file.to_string_lossy()]);
        assert_eq!(made.code, 0, "{}", made.err);
        host
    }

    /// Runs the simulator's program.
    pub(crate) fn sim(&self, arguments: &[&str]) -> Ran {
        let world = self.world.to_string_lossy();
        run(&PROGRAM, &ROOT, &[&["--world", &world], arguments].concat())
    }

    /// Runs vfctl on the host; returns what it printed.
    #[track_caller]
    pub(crate) fn vfctl(&self, code: i32, arguments: &[&str]) -> String {
        let ran = self.sim(&[&["vfctl"], arguments].concat());
        assert_eq!(ran.code, code, "vfctl {arguments:?}\n{}{}", ran.out, ran.err);
        ran.out
    }
}

/// Returns the steps of a plan, as property and changes.
pub(crate) fn steps(plan: &str) -> Vec<(String, Vec<Value>)> {
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
