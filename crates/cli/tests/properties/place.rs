//! Commands on a simulated host, with a folder for specs and plans and in it the state folder.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use tempfile::{TempDir, tempdir};
use vfctl_cli::{Console, Exit, Machine, Terminal};
use vfctl_port::Perform;
use vfctl_sim::SimHost;

/// A host, a folder for specs and plans, and in it the state folder.
pub(crate) struct Place {
    pub(crate) sim: SimHost,
    scratch: TempDir,
}

/// How a command ended, and what it said.
pub(crate) struct Said {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new(sim: SimHost) -> Self {
        Self { sim, scratch: tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// Writes a spec of one PF.
    pub(crate) fn spec(&self, name: &str, pci: &str, rest: &str) {
        let text = format!(
            "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {{name: a}}\nspec:\n  \
             physicalFunctions:\n    - {{name: fast, match: {{pci: \"{pci}\"}}, {rest}}}\n"
        );
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs a command; words that end in `.yaml` or `.json` are files of the folder.
    pub(crate) fn vfctl(&self, words: &str) -> Said {
        self.vfctl_with(words, &self.sim)
    }

    pub(crate) fn vfctl_with(&self, words: &str, perform: &dyn Perform) -> Said {
        let is_file = |word: &str| [".yaml", ".json"].iter().any(|ending| word.ends_with(ending));
        let word = |word: &str| if is_file(word) { self.path(word).into() } else { OsString::from(word) };
        let arguments = std::iter::once("vfctl").chain(words.split(' ')).map(word);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console =
            Console { out: &mut out, err: &mut err, can_ask: false, terminal: Terminal::default() };
        let machine = Machine {
            name: vfctl_model::HostName::localhost(),
            observe: &self.sim,
            perform,
            traffic: &self.sim,
            connect: &vfctl_cli::NoCluster,
            clock: &self.sim,
            state_dir: self.state(),
        };
        let exit = vfctl_cli::run(arguments, &mut console, || Ok(machine));
        self.sim.settle();
        Said { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }
}

impl Place {
    pub(crate) fn by_hand(&self, line: &str) {
        self.sim.by_hand(&line.parse().unwrap()).unwrap();
        self.sim.settle();
    }
}
