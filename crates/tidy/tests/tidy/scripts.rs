//! Scripts: each is understood by the shell that its first line names, stops at the first failure, and finds what cargo
//! built where the caller has it built.

use std::process::Command;

use crate::repository::{FILES, File, PATHS, ROOT, assert_none};

/// Returns the files that a shell runs, with that shell.
fn scripts() -> Vec<(&'static File, &'static str)> {
    let shell = |file: &'static File| {
        let first = file.text.lines().next()?.strip_prefix("#!")?;
        let shell = first.split(['/', ' ']).next_back()?;
        // Busybox's shell is not on every machine; the POSIX one reads the same grammar.
        matches!(shell, "sh" | "bash").then_some((file, shell))
    };
    FILES.iter().filter_map(shell).collect()
}

#[test]
fn every_script_is_understood_by_its_shell() {
    let mut flaws = Vec::new();
    for (File { path, text: _ }, shell) in scripts() {
        let read = Command::new(shell).arg("-n").arg(ROOT.join(path)).output().expect("run a shell");
        if !read.status.success() {
            flaws.push(format!("{path}: {}", String::from_utf8_lossy(&read.stderr).trim()));
        }
    }
    assert_none(&flaws, "scripts are well formed");
}

#[test]
fn every_script_of_ci_stops_at_the_first_failure() {
    let lax = scripts()
        .into_iter()
        .filter(|(file, _)| file.path.starts_with("ci/") || file.path.starts_with(".ci/"));
    let lax = lax.filter(|(file, _)| !file.text.lines().any(|line| line.starts_with("set -eu")));
    let flaws: Vec<String> = lax.map(|(file, _)| format!("{}: has no `set -eu`", file.path)).collect();
    assert_none(&flaws, "a failure is never passed over");
    assert!(PATHS.iter().any(|path| path == "ci/setup.sh"), "there is no ci/setup.sh");
}

/// Returns the lines of a script that look for what cargo builds in `target`, wherever cargo builds it.
fn fixed_targets(file: &File) -> Vec<String> {
    let code = file.text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let fixed = code.filter(|line| line.replace("${CARGO_TARGET_DIR:-target}", "").contains("target/"));
    fixed.filter(|line| !line.contains("$target/")).map(|line| format!("{}: {line}", file.path)).collect()
}

#[test]
fn every_script_of_ci_finds_programs_where_cargo_is_told_to_build_them() {
    let own = scripts().into_iter().filter(|(file, _)| file.path.starts_with("ci/"));
    let flaws: Vec<String> = own.flat_map(|(file, _)| fixed_targets(file)).collect();
    assert_none(&flaws, "cargo builds into CARGO_TARGET_DIR where that is set");
    assert_eq!(fixed_targets(&File::new("ci/a.sh", "# in target/ci\ntarget/debug/a\n")).len(), 1);
    assert_eq!(
        fixed_targets(&File::new("ci/a.sh", "target=${CARGO_TARGET_DIR:-target}/debug\n\"$target/a\"\n")),
        [""; 0]
    );
}
