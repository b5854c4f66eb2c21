//! What an ordinary user is told.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::place::{Place, Ran};

/// Runs vfctl as a user who is not root, whoever runs the tests; without the state folder of the tests.
fn as_ordinary_user(place: &Place, words: &str) -> Ran {
    let program = place.path("vfctl");
    // By a process of its own: a file that is open for writing here is so in whatever another test starts meanwhile, and
    // cannot be run then (ETXTBSY).
    let copied =
        Command::new("cp").args([env!("CARGO_BIN_EXE_vfctl").as_ref(), program.as_os_str()]).status();
    assert!(copied.expect("run cp").success());
    fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(0o755)).expect("open the folder");
    let mut command = Command::new(program);
    command.current_dir(place.folder.path()).args(words.split(' ')).env_clear();
    let is_root = fs::metadata("/proc/self").expect("the tests").uid() == 0;
    if is_root {
        command.uid(65534).gid(65534);
    }
    let ran = command.output().expect("run vfctl");
    Ran {
        code: ran.status.code().expect("an exit code"),
        out: String::from_utf8(ran.stdout).expect("text"),
        err: String::from_utf8(ran.stderr).expect("text"),
    }
}

#[test]
fn processes_that_an_ordinary_user_may_not_read_are_one_note() {
    let ran = as_ordinary_user(&Place::new(), "discover");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let notes: Vec<&str> = ran.out.lines().filter(|line| line.contains("namespace")).collect();
    assert!(
        matches!(notes.as_slice(), [note] if note.starts_with("note: could not be read: the network namespaces of ")
        && note.ends_with("; run as root")),
        "{}",
        ran.out
    );
}

#[test]
fn apply_of_an_ordinary_user_says_what_to_do() {
    let place = Place::new();
    let ran = as_ordinary_user(&place, "apply --yes spec.yaml");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    let fix = "  fix: run as root (sudo), or use --state-dir DIR\n";
    assert!(
        ran.err.starts_with("error: failed to use the state folder: ") && ran.err.ends_with(fix),
        "{}",
        ran.err
    );
}
