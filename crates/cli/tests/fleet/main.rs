//! Plans for many hosts by their facts: where facts come from and plans go, and how plans are reviewed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]
#![allow(clippy::indexing_slicing, reason = "JSON of the program's own")]

mod facts;
mod review;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a program printed, and how it ended.
#[derive(PartialEq, Eq, Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs vfctl in a folder, with a text on standard input.
fn vfctl_in(folder: &Path, arguments: &[&str], input: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
    command.current_dir(folder).args(arguments).env_clear().env("SOURCE_DATE_EPOCH", "1700000000");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("run vfctl");
    // A program that does not read has its reasons.
    drop(child.stdin.take().expect("a pipe").write_all(input.as_bytes()));
    let ran = child.wait_with_output().expect("wait for vfctl");
    Ran {
        code: ran.status.code().expect("an exit code"),
        out: String::from_utf8(ran.stdout).expect("text"),
        err: String::from_utf8(ran.stderr).expect("text"),
    }
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}
