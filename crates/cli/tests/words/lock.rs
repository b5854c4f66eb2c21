//! `apply --wait`: for the lock that another process holds.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::place::Place;

/// Takes the lock as an apply does, and writes who has it.
fn hold(place: &Place) -> File {
    fs::create_dir(place.path("state")).expect("a folder");
    fs::set_permissions(place.path("state"), fs::Permissions::from_mode(0o700)).expect("close the folder");
    let path = place.path("state").join("lock");
    let mut file = File::create(path).expect("a file");
    file.lock().expect("the lock");
    file.write_all(br#"{"pid": 4711, "since": "2026-01-02T03:04:05Z"}"#).expect("write the holder");
    file
}

/// What a refused apply says.
const HELD: &str = "process 4711 has held it since 2026-01-02T03:04:05Z\n";

fn waiting(place: &Place) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
    command.current_dir(place.folder.path()).args(["apply", "--yes", "wrong.yaml", "--wait=60s"]).env_clear();
    command.env("VFCTL_STATE_DIR", place.path("state")).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("run vfctl")
}

#[test]
fn without_it_and_after_the_time_the_error_is_the_same() {
    let place = Place::new();
    let _lock = hold(&place);
    let at_once = place.vfctl("apply --yes spec.yaml");
    assert_eq!((at_once.code, at_once.out.as_str()), (1, ""));
    assert!(at_once.err.ends_with(HELD), "{}", at_once.err);
    let started = Instant::now();
    let waited = place.vfctl("apply --yes spec.yaml --wait=1s");
    assert!(started.elapsed() >= Duration::from_secs(1));
    let (first, rest) = waited.err.split_once('\n').expect("two lines");
    assert!(
        first.starts_with("waiting for the lock `") && first.ends_with(&HELD[..HELD.len() - 1]),
        "{first}"
    );
    assert!(first.contains("`, at most 1 s: "), "{first}");
    assert_eq!((waited.code, rest), (1, at_once.err.as_str()), "it is said once whom it waits for");
    assert_eq!(place.vfctl("apply --yes spec.yaml --wait=soon").code, 1);
    let dry = place.vfctl("apply --dry-run wrong.yaml").err;
    assert!(!dry.contains("lock"), "a dry run needs no lock: {dry}");
}

#[test]
fn time_behind_a_blank_is_told_where_it_goes() {
    let place = Place::new();
    let ran = place.vfctl("apply --yes --wait 5m");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("read `5m`: there is no such file\n  fix: if it is a time"), "{}", ran.err);
    fs::write(place.path("5m"), "kind: SriovConfig\n").expect("a spec");
    let ran = place.vfctl("apply --yes --wait 5m");
    assert!(ran.code == 1 && ran.err.contains("mistake"), "a file is one: {}", ran.err);
}

#[test]
fn it_goes_on_when_the_lock_is_free() {
    let place = Place::new();
    fs::write(place.path("wrong.yaml"), "kind: SriovConfig\n").expect("a spec");
    let lock = hold(&place);
    let mut child = waiting(&place);
    let mut err = BufReader::new(child.stderr.take().expect("standard error"));
    let mut line = String::new();
    err.read_line(&mut line).expect("a line");
    assert!(line.starts_with("waiting for the lock `"), "{line}");
    drop(lock);
    let rest: Vec<String> = err.lines().map(|line| line.expect("a line")).collect();
    assert_eq!(child.wait().expect("an end").code(), Some(1));
    assert!(
        rest.last().is_some_and(|line| line.ends_with("mistake") || line.ends_with("mistakes")),
        "{rest:?}"
    );
}

#[test]
fn a_signal_ends_it() {
    let place = Place::new();
    let _lock = hold(&place);
    let mut child = waiting(&place);
    let mut err = BufReader::new(child.stderr.take().expect("standard error"));
    err.read_line(&mut String::new()).expect("a line");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("run kill").success());
    let status = child.wait().expect("an end");
    assert_eq!((status.signal(), status.code()), (Some(15), None));
}
