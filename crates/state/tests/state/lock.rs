//! One writer at a time.

use std::fs;
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::thread;
use std::time::Duration;

use nix::unistd::Uid;
use tempfile::tempdir;
use vfctl_state::{FileJournal, Holder, Lock, StateError, kept_journals};

#[test]
fn second_writer_is_told_who_holds_the_lock_and_since_when() {
    let scratch = tempdir().unwrap();
    let _held = Lock::acquire(scratch.path()).unwrap();
    let error = Lock::acquire(scratch.path()).unwrap_err();
    let StateError::Held { holder: Holder::Process { pid, since: _ }, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*pid, std::process::id());
    let text = error.to_string();
    assert!(text.contains(&format!("process {pid} has held it since 20")), "{text}");
}

#[test]
fn lock_is_free_when_its_holder_is_gone() {
    let scratch = tempdir().unwrap();
    drop(Lock::acquire(scratch.path()).unwrap());
    drop(Lock::acquire(scratch.path()).unwrap());
}

#[test]
fn what_a_dead_holder_wrote_does_not_keep_the_lock() {
    let scratch = tempdir().unwrap();
    fs::write(scratch.path().join("lock"), r#"{"pid":1,"since":"2026-11-03T10:00:00Z"}"#).unwrap();
    drop(Lock::acquire(scratch.path()).unwrap());
}

#[test]
fn holder_that_has_not_written_who_it_is_is_unnamed() {
    let scratch = tempdir().unwrap();
    let _held = Lock::acquire(scratch.path()).unwrap();
    for text in ["", "{", r#"{"pid":1,"since":"yesterday"}"#] {
        fs::write(scratch.path().join("lock"), text).unwrap();
        let error = Lock::acquire(scratch.path()).unwrap_err();
        assert!(matches!(error, StateError::Held { holder: Holder::Unnamed, .. }), "{text}: {error}");
    }
}

#[test]
fn folder_and_lock_are_for_their_owner_alone() {
    let scratch = tempdir().unwrap();
    let folder = scratch.path().join("a/b");
    let _held = Lock::acquire(&folder).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("lock"))), (0o700, 0o600));
}

#[test]
fn lock_is_not_taken_through_a_link() {
    let scratch = tempdir().unwrap();
    let elsewhere = scratch.path().join("elsewhere");
    fs::write(&elsewhere, "kept").unwrap();
    symlink(&elsewhere, scratch.path().join("lock")).unwrap();
    assert!(matches!(Lock::acquire(scratch.path()), Err(StateError::Lock { .. })));
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "kept");
}

#[test]
fn folder_that_others_can_write_to_is_refused_and_so_are_journals_in_it() {
    let scratch = tempdir().unwrap();
    let folder = scratch.path();
    drop(Lock::acquire(folder).unwrap());
    drop(FileJournal::begin(folder).unwrap());
    for mode in [0o777, 0o720, 0o702, 0o1777] {
        fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        let told = Lock::acquire(folder).unwrap_err().to_string();
        assert!(told.contains(&format!("mode {mode:04o}")) && told.contains("chmod 0700"), "{told}");
        assert!(matches!(kept_journals(folder), Err(StateError::OpenToOthers { .. })), "{mode:o}");
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Lock::acquire(folder).is_ok() && kept_journals(folder).is_ok());
}

#[test]
fn folder_that_cannot_be_made_is_named() {
    let scratch = tempdir().unwrap();
    let file = scratch.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Lock::acquire(&file.join("folder")).unwrap_err();
    assert!(error.to_string().contains("file/folder"), "{error}");
}

#[test]
fn onlooker_is_told_who_holds_the_lock_and_does_not_take_it() {
    let scratch = tempdir().unwrap();
    let absent = scratch.path().join("absent");
    assert_eq!(Lock::holder(&absent).unwrap(), None);
    assert!(!absent.exists());
    let held = Lock::acquire(scratch.path()).unwrap();
    for _ in 0..2 {
        let holder = Lock::holder(scratch.path()).unwrap();
        assert!(
            matches!(&holder, Some(Holder::Process { pid, .. }) if *pid == std::process::id()),
            "{holder:?}"
        );
    }
    drop(held);
    fs::write(scratch.path().join("lock"), r#"{"pid":1,"since":"2026-11-03T10:00:00Z"}"#).unwrap();
    assert_eq!(Lock::holder(scratch.path()).unwrap(), None);
    drop(Lock::acquire(scratch.path()).unwrap());
}

#[test]
fn onlooker_keeps_no_writer_out() {
    let scratch = tempdir().unwrap();
    drop(Lock::acquire(scratch.path()).unwrap());
    let file = fs::File::open(scratch.path().join("lock")).unwrap();
    file.try_lock_shared().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(Duration::from_millis(5));
            drop(file);
        });
        drop(Lock::acquire(scratch.path()).unwrap());
    });
}

#[test]
fn only_an_ordinary_user_is_not_expected_to_read_what_is_roots() {
    let error = |kind: ErrorKind| StateError::Folder { path: "state".into(), source: Error::from(kind) };
    assert_eq!(error(ErrorKind::PermissionDenied).is_for_root_alone(), !Uid::effective().is_root());
    assert!(!error(ErrorKind::NotADirectory).is_for_root_alone());
    let damaged = StateError::Damaged { path: "journal".into(), line: 1, why: "it has no end".to_owned() };
    assert!(!damaged.is_for_root_alone());
}
