//! What the commands tell of applies that were refused, cut off, or still run, on a state folder of their own.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::{TempDir, tempdir};
use vfctl_cli::{Console, Exit, Machine};
use vfctl_port::Perform;
use vfctl_sim::{PfSeed, SimHost};

/// A host, a folder for specs and plans, and in it the state folder.
struct Place {
    sim: SimHost,
    scratch: TempDir,
}

/// How a command ended, and what it said.
struct Said {
    exit: Exit,
    out: String,
    err: String,
}

impl Place {
    fn new(sim: SimHost) -> Self {
        Self { sim, scratch: tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// Writes a spec of one PF.
    fn spec(&self, name: &str, pci: &str, rest: &str) {
        let text = format!(
            "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: a}}\nspec:\n  \
             physicalFunctions:\n    - {{name: fast, match: {{pci: \"{pci}\"}}, {rest}}}\n"
        );
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs a command; words that end in `.yaml` or `.json` are files of the folder.
    fn vfctl(&self, words: &str) -> Said {
        self.vfctl_with(words, &self.sim)
    }

    fn vfctl_with(&self, words: &str, perform: &dyn Perform) -> Said {
        let is_file = |word: &str| [".yaml", ".json"].iter().any(|ending| word.ends_with(ending));
        let word = |word: &str| if is_file(word) { self.path(word).into() } else { OsString::from(word) };
        let arguments = std::iter::once("vfctl").chain(words.split(' ')).map(word);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console { out: &mut out, err: &mut err, can_ask: false, colour: false };
        let machine = Machine {
            name: "lab".parse().unwrap(),
            observe: &self.sim,
            perform,
            clock: &self.sim,
            state_dir: self.state(),
        };
        let exit = vfctl_cli::run(arguments, &mut console, || Ok(machine));
        self.sim.settle();
        Said { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }
}

/// Returns the names of the journals of a state folder.
fn journals(state: &Path) -> Vec<String> {
    let names = fs::read_dir(state).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut journals: Vec<String> = names.filter(|name| name.starts_with("journal-")).collect();
    journals.sort();
    journals
}

fn igb() -> PfSeed {
    PfSeed::new("igb".parse().unwrap(), 7)
}

const FIRST: &str = "0000:01:00.0";

#[test]
fn refused_apply_leaves_no_journal_and_is_not_told_of() {
    let place = Place::new(SimHost::builder().pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 2}");
    assert_eq!(place.vfctl("plan a.yaml -o stale.json").exit, Exit::Changes);
    assert_eq!(place.vfctl("apply a.yaml --yes").exit, Exit::Done);
    let before = journals(&place.state());
    for _ in 0..12 {
        let said = place.vfctl("apply stale.json");
        assert_eq!(said.exit, Exit::Failed);
        assert!(said.out.contains("the plan rests on"), "{}", said.out);
    }
    assert_eq!(journals(&place.state()), before);
    assert!(!place.vfctl("plan a.yaml").err.contains("cut off"));
}

#[test]
fn journal_without_entry_is_not_told_of() {
    let place = Place::new(SimHost::builder().pf(igb()).build());
    place.spec("a.yaml", FIRST, "vfs: {count: 2}");
    assert_eq!(place.vfctl("apply a.yaml --yes").exit, Exit::Done);
    fs::write(place.state().join("journal-0002.jsonl"), "{\"format\":").unwrap();
    let said = place.vfctl("plan a.yaml");
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""));
}
