//! Commands that look at no host work where `/proc` is not mounted, as in a chroot or a sandbox of a build.

use std::process::Command;

use crate::place::{PLAN, Place, Ran};

/// Runs vfctl where `/proc` is an empty folder; needs `unshare` (util-linux) and user namespaces.
fn without_proc(place: &Place, words: &str) -> Ran {
    let script = "mount -t tmpfs none /proc && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_vfctl")]);
    command.args(words.split(' ')).current_dir(place.folder.path());
    command.env("VFCTL_STATE_DIR", place.path("state")).env("SOURCE_DATE_EPOCH", "1700000000");
    let ran = command.output().expect("run unshare");
    Ran {
        code: ran.status.code().expect("an exit code"),
        out: String::from_utf8(ran.stdout).expect("text"),
        err: String::from_utf8(ran.stderr).expect("text"),
    }
}

#[test]
fn what_looks_at_no_host_needs_no_proc() {
    let place = Place::new();
    assert_eq!(place.vfctl(&format!("{PLAN} --out plan.json")).code, 2);
    for words in
        ["validate spec.yaml", PLAN, "show plan.json", "discover --facts facts.json", "rbac", "version"]
    {
        assert_eq!(without_proc(&place, words), place.vfctl(words), "{words}");
    }
}
