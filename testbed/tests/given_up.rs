//! A cluster whose start is given up: nothing of it stays in a docker that others use, too.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);
/// Writes a docker that answers and has nothing, and a kind that takes its time; kind says what it does in files beside it.
const WRITE_PROGRAMS: &str = r#"mkdir -p bin parts/kind-cli
cat >bin/docker <<'.'
#!/bin/sh
exit 0
.
cat >parts/kind-cli/kind <<'.'
#!/bin/sh
cd "${0%/*}/../.."
case $1 in
create) echo $$ >creating.new; mv creating.new creating; exec sleep 300 ;;
delete) kill -0 "$(cat creating)" 2>/dev/null && echo "while it is created" >>deleted; echo "$*" >>deleted ;;
esac
.
chmod +x bin/docker parts/kind-cli/kind
"#;
/// Starts a supervisor and waits for it.
const START: &str = r#""$TESTBED" cluster supervise --workers 0 --starter $$ --dir "$PWD/c" --parts "$PWD/parts" \
    --node-image none 2>said &
echo $! >supervisor.new; mv supervisor.new supervisor; wait"#;

/// A cluster that kind is creating, and who waits for it.
struct Starting {
    dir: tempfile::TempDir,
    starter: Child,
    supervisor: u32,
    creating: u32,
}

impl Starting {
    fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("g").tempdir_in("/tmp").unwrap();
        let shell = |script: &str| {
            let mut shell = Command::new("sh");
            shell.current_dir(dir.path()).args(["-c", script]).stdin(Stdio::null());
            shell
        };
        assert!(shell(WRITE_PROGRAMS).status().unwrap().success());
        let path = format!("{}:{}", dir.path().join("bin").display(), std::env::var("PATH").unwrap());
        let testbed = env!("CARGO_BIN_EXE_testbed");
        let starter = shell(START).env("PATH", path).env("TESTBED", testbed).spawn().unwrap();
        let number = |name: &str| {
            let path = dir.path().join(name);
            await_that(|| path.exists(), dir.path(), name);
            fs::read_to_string(path).unwrap().trim().parse().unwrap()
        };
        let (supervisor, creating) = (number("supervisor"), number("creating"));
        Self { starter, supervisor, creating, dir }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn await_end_of(&self, id: u32, what: &str) {
        await_that(|| !is_running(id), self.dir.path(), what);
    }
}

/// Ends what a test that failed has left.
impl Drop for Starting {
    fn drop(&mut self) {
        let _ = self.starter.kill();
        let _ = self.starter.wait();
        for id in [self.supervisor, self.creating] {
            if is_running(id) {
                let _ = kill_process(id);
            }
        }
    }
}

fn kill_process(id: u32) -> nix::Result<()> {
    kill(Pid::from_raw(i32::try_from(id).unwrap()), Signal::SIGKILL)
}

fn is_running(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

fn await_that(is_so: impl Fn() -> bool, dir: &Path, what: &str) {
    let started = Instant::now();
    while !is_so() {
        let said = fs::read_to_string(dir.join("said")).unwrap_or_default();
        assert!(started.elapsed() < LIMIT, "{what}: not in time; the supervisor said:\n{said}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_kind_cluster_whose_starter_ends_is_deleted_once_its_creation_has_ended() {
    let mut starting = Starting::new();
    starting.starter.kill().unwrap();
    starting.await_end_of(starting.supervisor, "the end of the supervisor");
    assert!(!is_running(starting.creating));
    let name = format!("vfctl-{}", starting.supervisor);
    let deleted = fs::read_to_string(starting.file("deleted")).unwrap();
    assert_eq!(deleted, format!("delete cluster --quiet --name {name} --kubeconfig /dev/null\n"));
    let why = fs::read_to_string(starting.file("c/broken")).unwrap();
    assert_eq!(why, "the command that started it has ended before it was ready\n");
}

#[test]
fn what_creates_a_kind_cluster_does_not_outlive_the_supervisor() {
    let starting = Starting::new();
    kill_process(starting.supervisor).unwrap();
    starting.await_end_of(starting.creating, "the end of kind");
}
