//! What the commands tell of applies that were refused, cut off, or still run, on a state folder of their own.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::{TempDir, tempdir};
use vfctl_cli::{Console, Exit, Machine};
use vfctl_model::DeviceAddress;
use vfctl_port::{Observe, OpKind, Perform};
use vfctl_sim::{Fault, PfSeed, SimHost};

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
const SECOND: &str = "0000:02:00.0";

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

#[test]
fn stuck_store_refuses_only_where_its_port_is_worked_on() {
    let place = Place::new(SimHost::builder().pf(PfSeed { vf_count: 2, ..igb() }).pf(igb()).build());
    let first: DeviceAddress = format!("pci/{FIRST}").parse().unwrap();
    place.spec("vf.yaml", FIRST, "vfs: {groups: [{vfs: \"1\", driver: none}]}");
    place.spec("first.yaml", FIRST, "vfs: {count: 3}");
    place.spec("first-kept.yaml", FIRST, "vfs: {count: 2}");
    place.spec("second.yaml", SECOND, "vfs: {count: 3}");
    for name in ["first", "first-kept", "second"] {
        place.vfctl(&format!("plan {name}.yaml -o {name}.json"));
    }
    place.sim.inject(OpKind::UnbindDriver, Some(first), Fault::Hang);
    assert_eq!(place.vfctl("apply vf.yaml --yes").exit, Exit::Failed);
    let host = place.sim.observe_host().unwrap();
    let [stuck] = host.system.stuck_stores.as_slice() else { panic!("{:?}", host.system) };
    let told = format!("process {} still sits in the kernel, writing {}", stuck.pid, stuck.path);

    // Where it is: refused, or blocked.
    let said = place.vfctl("apply first.json --allow-disruption");
    assert_eq!(said.exit, Exit::Failed);
    assert!(said.out.contains("no write that sits in the kernel, but pid"), "{}", said.out);
    let said = place.vfctl("plan first.yaml");
    assert_eq!(said.exit, Exit::Failed);
    let word = "still sits in the kernel";
    assert!(said.out.contains(word) && !said.err.contains(word), "{}{}", said.out, said.err);

    // Elsewhere, and where nothing is done: told, and no hindrance.
    assert!(place.vfctl("plan second.yaml").err.contains(&told));
    for words in ["apply second.json", "apply second.yaml --yes", "apply first-kept.json"] {
        let said = place.vfctl(words);
        assert_eq!(said.exit, Exit::Done, "{words}: {}{}", said.out, said.err);
        assert!(said.err.contains(&told), "{words}: {}", said.err);
    }
}

#[test]
fn store_that_is_stuck_on_a_vf_is_one_of_its_port() {
    let sim = SimHost::builder().pf(PfSeed { vf_count: 2, ..igb() }).pf(igb()).build();
    let mut host = sim.observe_host().unwrap();
    let place = |path: &vfctl_kinds::path::SpecPath| path.to_string();
    let text = format!(
        "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: a}}\nspec:\n  \
         physicalFunctions:\n    - {{name: a, match: {{pci: \"{FIRST}\"}}, vfs: {{count: 3}}}}\n"
    );
    let source = vfctl_spec::Source { name: "a.yaml".to_owned(), text };
    let config = vfctl_spec::load(&[source]).unwrap().documents.remove(0).config;
    let sources = [vfctl_plan::Source { config: &config, place: &place }];
    let plan = vfctl_plan::plan_host(&sources, &"lab".parse().unwrap(), &host);
    assert_eq!(vfctl_apply::broken_basis(&plan, &host), [""; 0]);
    let vfs: Vec<_> = host.physical_functions.values().flat_map(|pf| pf.vfs.values()).collect();
    let present = vfs[1].pci.unwrap();
    // The last is VF 6 of 7: not there now.
    let absent = host.physical_functions.first_key_value().unwrap();
    let absent = absent.1.vf_address(absent.0.pci(), vfctl_model::VfIndex(6)).unwrap();
    for (device, refuses) in [(present, true), (absent, true), (SECOND.parse().unwrap(), false)] {
        let device: DeviceAddress = format!("pci/{device}").parse().unwrap();
        let path = format!("{}/driver/unbind", device.sysfs());
        host.system.stuck_stores = vec![vfctl_port::StuckStore { pid: 7, device, path }];
        assert_eq!(vfctl_apply::broken_basis(&plan, &host).len(), usize::from(refuses));
        assert_eq!(vfctl_apply::stuck_elsewhere(&plan, &host).len(), usize::from(!refuses));
    }
}
