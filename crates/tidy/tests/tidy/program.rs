//! Builds and runs vfctl.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::repository::ROOT;

/// The program under test: `VFCTL_BIN` where that is set, or else built now, so that it is never an old one.
pub(crate) static VFCTL: LazyLock<PathBuf> = LazyLock::new(|| match std::env::var_os("VFCTL_BIN") {
    Some(path) => ROOT.join(path),
    None => build(cargo("build").current_dir(&*ROOT), "vfctl"),
});

/// What is built for tests: all packages, since cargo builds most libraries once more for another selection.
pub(crate) const SELECTION: [&str; 4] = ["--offline", "--workspace", "--features", "vfctl-cli/sim"];

/// What cargo tells a test of its own package, by the beginnings of the names. Build scripts that look at the same names (ring's)
/// would run again, and all that rests on them would be built again, here and by the next cargo that is not started by a test.
const OF_THIS_TEST: [&str; 4] = ["CARGO_BIN_", "CARGO_CRATE_", "CARGO_MANIFEST_", "CARGO_PKG_"];

/// Returns cargo, as if no test had started it.
pub(crate) fn cargo(verb: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg(verb);
    let is_of_this_test = |name: &OsString| {
        OF_THIS_TEST.iter().any(|beginning| name.as_encoded_bytes().starts_with(beginning.as_bytes()))
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_this_test(name)) {
        cargo.env_remove(name);
    }
    cargo
}

/// Builds one program of `vfctl-cli`; returns where it is.
pub(crate) fn build(cargo: &mut Command, program: &str) -> PathBuf {
    cargo.args(SELECTION).args(["--bin", program, "--message-format", "json-render-diagnostics"]);
    let built = cargo.output().expect("run cargo");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "build with {cargo:?}:\n{said}");
    let messages = String::from_utf8(built.stdout).expect("cargo speaks UTF-8");
    let mut programs = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    programs.next_back().unwrap_or_else(|| panic!("cargo built no program with {cargo:?}:\n{said}"))
}

/// What a program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code.
    pub(crate) code: i32,
    /// Its standard output.
    pub(crate) out: String,
    /// Its standard error.
    pub(crate) err: String,
}

/// Runs a program in a folder, without a terminal and whatever the environment says.
pub(crate) fn run<S: AsRef<str>>(program: &Path, folder: &Path, arguments: &[S]) -> Ran {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments.iter().map(AsRef::as_ref)).env("NO_COLOR", "1");
    for name in ["VFCTL_STATE_DIR", "VFCTL_LOG", "COLUMNS"] {
        command.env_remove(name);
    }
    let ran = command.output().unwrap_or_else(|error| panic!("run {command:?}: {error}"));
    Ran {
        code: ran.status.code().unwrap_or_else(|| panic!("{command:?} was killed: {}", ran.status)),
        out: String::from_utf8(ran.stdout).expect("output is UTF-8"),
        err: String::from_utf8(ran.stderr).expect("talk is UTF-8"),
    }
}
