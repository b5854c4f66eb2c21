//! Examples whose documents are damaged, and vfctl on the simulated host of their facts.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use vfctl_cli::{Console, Exit, Machine, Terminal, run};
use vfctl_port::World;
use vfctl_sim::{SimHost, SimWorld};

/// An example that is damaged: its spec, its facts, and a folder to work in.
pub(crate) struct Case {
    spec: PathBuf,
    world: World,
    pub(crate) facts: String,
    folder: TempDir,
}

/// What a command said, and how it ended.
pub(crate) struct Ran {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Case {
    /// Returns a case for each example that has facts of one host.
    pub(crate) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let mut folders: Vec<PathBuf> =
            fs::read_dir(root).expect("the examples").map(|entry| entry.expect("an entry").path()).collect();
        folders.sort();
        let cases = folders.into_iter().filter_map(|folder| {
            let facts = fs::read_to_string(folder.join("facts.json")).ok()?;
            let world: World = serde_json::from_str(&facts).expect("facts");
            let small = world.hosts.len() == 1 && facts.len() < 100_000;
            let folder_to_work_in = tempfile::tempdir().expect("a folder");
            small.then(|| Self { spec: folder.join("spec.yaml"), world, facts, folder: folder_to_work_in })
        });
        cases.collect()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the folder of a new state, with nothing in it.
    pub(crate) fn state(&self) -> PathBuf {
        let folder = self.file("state");
        drop(fs::remove_dir_all(&folder));
        folder
    }

    /// Runs a command on the simulated host of the undamaged facts.
    pub(crate) fn vfctl(&self, arguments: &[&str]) -> Ran {
        let (name, facts) = self.world.hosts.first_key_value().expect("a host");
        let host = SimHost::new(name.clone(), SimWorld::new(facts.clone()));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console =
            Console { out: &mut out, err: &mut err, can_ask: false, terminal: Terminal::default() };
        let arguments = std::iter::once("vfctl").chain(arguments.iter().copied()).map(OsString::from);
        let state_dir = self.file("state");
        let machine = || {
            Ok(Machine {
                name: name.clone(),
                observe: &host,
                perform: &host,
                traffic: &host,
                connect: &vfctl_cli::NoCluster,
                clock: &host,
                state_dir,
            })
        };
        let exit = run(arguments, &mut console, machine);
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let (out, err) = (text(out), text(err));
        assert!(!err.contains("internal error of vfctl"), "{err}");
        Ran { exit, out, err }
    }

    pub(crate) fn spec(&self) -> &str {
        self.spec.to_str().expect("a path")
    }
}
