//! A parsed scenario.

use crate::image::Userland;

/// A scenario as its file says it, with `${…}` not yet replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// The path below the folder `scenarios`, without its ending.
    pub name: String,
    /// The claim, in one sentence.
    pub title: String,
    /// For whom it runs.
    pub on: On,
    /// Where alone it runs, and why; `None` when it runs everywhere.
    pub only: Option<Only>,
    /// Which guest it needs.
    pub guest: Userland,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// For whom a scenario runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// Once, naming its roles itself.
    Lab,
    /// Once for each role, which is `${pf}`.
    Roles(Vec<String>),
}

impl On {
    /// The roles that `${pf}` stands for, one per run.
    pub fn runs(&self) -> Vec<Option<&str>> {
        match self {
            Self::Lab => vec![None],
            Self::Roles(roles) => roles.iter().map(|role| Some(role.as_str())).collect(),
        }
    }
}

/// A scenario that runs in one place alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Only {
    /// In the guest, for this reason.
    Kernel(String),
    /// On the simulator, for this reason.
    Simulator(String),
}

/// One thing that happens, with what is expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line in the file, from 1.
    pub line: usize,
    /// What happens.
    pub action: Action,
    /// What is expected.
    pub checks: Checks,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A file appears in the working folder.
    File {
        /// Its name.
        name: String,
        /// Its text.
        text: String,
    },
    /// vfctl runs; the text after `vfctl`, as for a shell.
    Vfctl(String),
    /// vfctl starts and is not waited for.
    Start(String),
    /// The started vfctl is interrupted, as by Ctrl-C.
    Interrupt,
    /// The started vfctl is waited for.
    Wait,
    /// A shell command runs in the guest; the simulator skips it.
    Shell(String),
    /// Somebody changes something by hand: words of the closed vocabulary.
    Hand(String),
    /// The facts are read and written into the transcript.
    Readings,
}

/// How a step is expected to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// With this exit code.
    Code(i32),
    /// With any, which is the same in every place.
    Any,
}

/// What is expected of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// The end.
    pub exit: Exit,
    /// Texts that the output contains.
    pub has: Vec<String>,
    /// Texts that the output does not contain.
    pub not: Vec<String>,
}

impl Default for Checks {
    fn default() -> Self {
        Self { exit: Exit::Code(0), has: Vec::new(), not: Vec::new() }
    }
}
