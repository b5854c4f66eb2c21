//! A folder to run vfctl in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What a program printed, and how it ended.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder to work in, with spec and facts of an example whose plan is one change.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/drift-one-vlan");
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["spec.yaml", "facts.json"] {
            fs::copy(example.join(name), folder.path().join(name)).expect("copy the example");
        }
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("read a file")
    }

    /// Runs vfctl with these words.
    pub(crate) fn vfctl(&self, words: &str) -> Ran {
        self.vfctl_in(words, &[])
    }

    /// Runs vfctl with these words and environment variables.
    pub(crate) fn vfctl_in(&self, words: &str, variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vfctl"));
        command.current_dir(self.folder.path()).args(words.split(' ')).env_clear();
        command.env("VFCTL_STATE_DIR", self.path("state")).env("SOURCE_DATE_EPOCH", "1700000000");
        command.envs(variables.iter().copied());
        let ran = command.output().expect("run vfctl");
        Ran {
            code: ran.status.code().expect("an exit code"),
            out: String::from_utf8(ran.stdout).expect("text"),
            err: String::from_utf8(ran.stderr).expect("text"),
        }
    }
}

/// Plans for the example.
pub(crate) const PLAN: &str = "plan spec.yaml --facts facts.json";
