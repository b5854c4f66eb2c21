//! `apply --dry-run` and `-q`, on a simulated host.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use vfctl_cli::{Console, Exit, Machine, NoCluster, Terminal, run};
use vfctl_port::World;
use vfctl_sim::{SimHost, SimWorld};

use crate::place::Place;

/// How a command on a simulated host ended, and what it printed.
#[derive(Debug, PartialEq, Eq)]
struct Ended {
    exit: Exit,
    out: String,
    err: String,
}

/// Standard output that takes nothing.
struct Closed(ErrorKind);

impl Write for Closed {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The host of an example, simulated, and a folder with its spec.
struct Lab {
    place: Place,
    host: SimHost,
}

impl Lab {
    fn new(example: &str) -> Self {
        let place = Place::new();
        let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(example);
        fs::copy(example.join("spec.yaml"), place.path("spec.yaml")).expect("copy the spec");
        let facts = fs::read(example.join("facts.json")).expect("facts");
        let world: World = serde_json::from_slice(&facts).expect("facts");
        let (name, facts) = world.hosts.into_iter().next().expect("a host");
        Self { place, host: SimHost::new(name, SimWorld::new(facts)) }
    }

    /// Runs vfctl with these words and the folder's file as the last.
    fn vfctl(&self, words: &str, file: &str) -> Ended {
        let mut out = Vec::new();
        let ended = self.vfctl_to(&mut out, words, file);
        Ended { out: String::from_utf8(out).expect("text"), ..ended }
    }

    /// Runs vfctl with this standard output.
    fn vfctl_to(&self, out: &mut dyn Write, words: &str, file: &str) -> Ended {
        let mut err = Vec::new();
        let mut console = Console { out, err: &mut err, can_ask: false, terminal: Terminal::default() };
        let machine = Machine {
            name: self.host.name().clone(),
            observe: &self.host,
            perform: &self.host,
            traffic: &self.host,
            connect: &NoCluster,
            clock: &self.host,
            state_dir: self.place.path("state"),
        };
        let words = ["vfctl"].into_iter().chain(words.split(' ')).map(OsString::from);
        let exit = run(words.chain([self.place.path(file).into()]), &mut console, || Ok(machine));
        Ended { exit, out: String::new(), err: String::from_utf8(err).expect("text") }
    }
}

#[test]
fn dry_run_shows_the_plan_and_changes_nothing() {
    let lab = Lab::new("drift-one-vlan");
    let before = lab.host.facts();
    let plan = lab.vfctl("plan", "spec.yaml");
    assert_eq!(plan.exit, Exit::Changes, "{}", plan.err);
    let dry = lab.vfctl("apply --dry-run", "spec.yaml");
    assert_eq!((dry.exit, dry.out), (Exit::Done, format!("{}Dry run: nothing was changed.\n", plan.out)));
    let quiet = lab.vfctl("apply --dry-run -q", "spec.yaml");
    assert_eq!(quiet, Ended { exit: Exit::Done, out: String::new(), err: String::new() });
    let json: serde_json::Value =
        serde_json::from_str(&lab.vfctl("apply --dry-run -o json", "spec.yaml").out).expect("JSON");
    assert_eq!((&json["format"], &json["summary"]["changed"]), (&"vfctl.dev/plan/v1".into(), &true.into()));
    assert_eq!(lab.host.facts(), before);
    assert!(!lab.place.path("state").exists(), "a dry run takes no lock and writes no journal");
    let applied = lab.vfctl("apply --yes -q", "spec.yaml");
    assert_eq!((applied.exit, applied.out.as_str(), applied.err.as_str()), (Exit::Done, "", ""));
    assert_ne!(lab.host.facts(), before);
    let again = lab.vfctl("apply --dry-run", "spec.yaml").out;
    assert_eq!(again, "host db-3: databases\nNo changes.\nDry run: nothing was changed.\n");
}

#[test]
fn dry_run_ends_as_apply_would_where_that_is_refused() {
    for example in ["grow-in-use", "blocked"] {
        let lab = Lab::new(example);
        let (dry, real) = (lab.vfctl("apply --dry-run", "spec.yaml"), lab.vfctl("apply --yes", "spec.yaml"));
        assert_eq!(dry.exit, Exit::Failed, "{example}");
        assert_eq!(dry, real, "{example}");
        let quiet = lab.vfctl("apply --dry-run -q", "spec.yaml");
        assert!(quiet.exit == Exit::Failed && quiet.out.contains("Nothing was changed."), "{}", quiet.out);
    }
    let lab = Lab::new("grow-in-use");
    assert_eq!(lab.vfctl("apply --dry-run --allow-disruption", "spec.yaml").exit, Exit::Done);
}

#[test]
fn dry_run_is_refused_where_the_state_folder_cannot_be_used() {
    let lab = Lab::new("drift-one-vlan");
    let state = lab.place.path("state");
    let refusals: [fn(&Path); 2] = [
        |state| fs::write(state, "").expect("a file in its place"),
        |state| {
            fs::create_dir(state).expect("the folder");
            fs::set_permissions(state, fs::Permissions::from_mode(0o777)).expect("a mode");
        },
    ];
    for refuse in refusals {
        refuse(&state);
        let ends = ["apply --dry-run", "apply --yes"].map(|words| lab.vfctl(words, "spec.yaml"));
        for ended in &ends {
            assert!(ended.exit == Exit::Failed && ended.err.contains("state folder"), "{}", ended.err);
        }
        fs::remove_file(&state).or_else(|_| fs::remove_dir(&state)).expect("remove it");
    }
    assert_eq!(lab.vfctl("apply --dry-run", "spec.yaml").exit, Exit::Done);
    assert!(!state.exists(), "nothing is written");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_and_one_that_nobody_reads_is_none() {
    for (cause, code) in [(ErrorKind::StorageFull, Exit::Failed), (ErrorKind::BrokenPipe, Exit::Done)] {
        let lab = Lab::new("drift-one-vlan");
        let ended = lab.vfctl_to(&mut Closed(cause), "apply --yes -o json", "spec.yaml");
        assert_eq!(ended.exit, code, "{}", ended.err);
        let is_said = ended.err.contains("error: ") && ended.err.contains("the report is lost");
        assert_eq!(is_said, code == Exit::Failed, "{}", ended.err);
        assert_eq!(lab.vfctl("plan", "spec.yaml").exit, Exit::Done, "all was done");
    }
}

#[test]
fn dry_run_of_a_plan_file_says_whether_it_is_stale() {
    let lab = Lab::new("drift-one-vlan");
    let json = lab.vfctl("plan -o json", "spec.yaml").out;
    fs::write(lab.place.path("plan.json"), json).expect("write the plan");
    let dry = lab.vfctl("apply --dry-run", "plan.json");
    assert_eq!((dry.exit, dry.out), (Exit::Done, lab.vfctl("apply --dry-run", "spec.yaml").out));
    assert_eq!(lab.vfctl("apply --yes", "spec.yaml").exit, Exit::Done);
    let stale = lab.vfctl("apply --dry-run -q", "plan.json");
    assert!(stale.exit == Exit::Failed && stale.out.contains("stale"), "{}", stale.out);
}
