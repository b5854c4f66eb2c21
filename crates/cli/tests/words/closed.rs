//! Standard output that is closed, or cannot be written.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::place::{PLAN, Place};

#[test]
fn command_whose_output_nobody_reads_ends_as_it_would_have() {
    let place = Place::new();
    fs::write(place.path("same.yaml"), place.vfctl("discover --facts facts.json -o spec").out)
        .expect("a spec");
    fs::write(place.path("wrong.yaml"), "kind: SriovConfig\n").expect("a spec");
    for name in ["spec.yaml", "facts.json"] {
        let blocked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/blocked").join(name);
        fs::copy(blocked, place.path(&format!("blocked-{name}"))).expect("copy the example");
    }
    for (words, code) in [
        ("--help", 0),
        (PLAN, 2),
        ("plan spec.yaml --facts facts.json -v", 2),
        ("plan spec.yaml --facts facts.json -o json --out plan.json", 2),
        ("show plan.json", 0),
        ("plan same.yaml --facts facts.json", 0),
        ("plan blocked-spec.yaml --facts blocked-facts.json", 1),
        ("validate wrong.yaml -o json", 1),
        ("validate spec.yaml", 0),
        ("discover --facts facts.json", 0),
        ("record", 0),
        ("schema plan", 0),
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
        command.current_dir(place.folder.path()).args(words.split(' ')).env_clear();
        command.env("VFCTL_STATE_DIR", place.path("state"));
        let ran = command.stdout(writer).output().expect("run vfctl");
        assert_eq!(ran.status.code(), Some(code), "{words}");
        assert!(!String::from_utf8_lossy(&ran.stderr).contains("standard output"), "{words}");
    }
    assert!(place.path("plan.json").exists(), "the plan is written all the same");
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let place = Place::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
    command.current_dir(place.folder.path()).args(PLAN.split(' ')).stdout(full);
    let ran = command.output().expect("run vfctl");
    let said = String::from_utf8(ran.stderr).expect("text");
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: failed to write to standard output: "), "{said}");
}
