//! `ci/cluster.sh`, with a testbed that only says what it is asked.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Writes what the script finds beside it: parts that are built, a scenario, and a testbed whose clusters end as `$STOPPED` says.
const WRITE_TREE: &str = r#"set -e
mkdir -p bin room ci testbed/scenarios/cluster target/x86_64-unknown-linux-gnu/debug
cp "$SCRIPT" ci/cluster.sh
: >ci/setup.sh
echo 'cluster: 1 worker' >testbed/scenarios/cluster/needle.scenario
printf '#!/bin/sh\n' | tee bin/cargo >target/x86_64-unknown-linux-gnu/debug/vfctl
cat >target/x86_64-unknown-linux-gnu/debug/testbed <<'.'
#!/bin/sh
case $2 in
start) while [ "$1" != --dir ]; do shift; done; mkdir -p "$2/log" ;;
run) echo "1 passed, 0 failed, 0 not for this place" ;;
stop) exit "$STOPPED" ;;
esac
.
chmod +x bin/* target/x86_64-unknown-linux-gnu/debug/*
"#;

/// Runs the script in a small cluster, the end of which is this exit code; returns what it said and the folders that stay.
fn run(dir: &Path, stopped: &str) -> (Output, Vec<PathBuf>) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ci/cluster.sh");
    let mut write = Command::new("sh");
    write.current_dir(dir).args(["-c", WRITE_TREE]).env("SCRIPT", script);
    assert!(write.status().unwrap().success());
    let path = format!("{}:{}", dir.join("bin").display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.arg(dir.join("ci/cluster.sh")).arg("--small").env_remove("CARGO_TARGET_DIR");
    command.env("PATH", path).env("TMPDIR", dir.join("room")).env("STOPPED", stopped);
    let output = command.output().unwrap();
    let left = fs::read_dir(dir.join("room")).unwrap().map(|entry| entry.unwrap().path()).collect();
    (output, left)
}

#[test]
fn the_folder_of_a_cluster_that_could_not_be_stopped_stays_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (output, left) = run(dir.path(), "1");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    let [room] = left.as_slice() else { panic!("{left:?}: {said}") };
    let cluster = room.join("1");
    assert!(cluster.is_dir(), "{said}");
    assert!(said.contains(&format!("/testbed cluster stop --dir {}\n", cluster.display())), "{said}");
}

#[test]
fn nothing_stays_of_clusters_that_are_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let (output, left) = run(dir.path(), "0");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && left.is_empty(), "{left:?}: {said}");
}
