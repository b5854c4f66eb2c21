//! A parsed scenario.

use std::time::Duration;

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
    /// How many workers the cluster has in which it runs; `None` for one that runs outside of clusters.
    pub cluster: Option<u8>,
    /// Its row in the table of bad days; `None` where it has none.
    pub bad_day: Option<BadDay>,
    /// Whether the workers have nothing but their primary network.
    pub is_bare: bool,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// What the table of bad days says of a scenario beside what follows from its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadDay {
    /// What goes wrong.
    pub what: String,
    /// What the next apply does.
    pub next: String,
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
    /// The number of the worker in which it happens, where it is said; the first otherwise.
    pub worker: Option<u8>,
    /// How long it is repeated until it ends as expected; `None` when it happens once.
    pub within: Option<Duration>,
    /// How long it may take at most; `None` where nobody says.
    pub limit: Option<Duration>,
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
    /// kubectl runs with admin rights; the text after `kubectl`, as for a shell.
    Kubectl(String),
    /// A shell command runs in the guest; the simulator skips it.
    Shell(String),
    /// Somebody changes something by hand: words of the closed vocabulary.
    Hand(String),
    /// Something happens between vfctl and the API server: words of `cluster::fault`.
    Front(String),
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

impl Step {
    /// The step as its scenario says it.
    pub fn text(&self) -> String {
        let Self { line: _, action, worker, within, limit, checks: _ } = self;
        let worker = worker.map(|worker| format!("on worker-{worker}: ")).unwrap_or_default();
        let within = within.map(|limit| format!("await {}: ", limit.as_secs())).unwrap_or_default();
        let at_most = limit.map(|limit| format!("within {}: ", limit.as_secs())).unwrap_or_default();
        let action = match action {
            Action::File { name, text } => {
                let lines: String = text.lines().map(|line| format!("  | {line}\n")).collect();
                format!("file {name}:\n{lines}")
            }
            Action::Vfctl(arguments) => format!("$ vfctl {arguments}"),
            Action::Start(arguments) => format!("$& vfctl {arguments}"),
            Action::Interrupt => "interrupt".to_owned(),
            Action::Wait => "wait".to_owned(),
            Action::Kubectl(arguments) => format!("kubectl: {arguments}"),
            Action::Shell(command) => format!("sh: {command}"),
            Action::Hand(words) => format!("by hand: {words}"),
            Action::Front(words) => format!("api: {words}"),
            Action::Readings => "readings".to_owned(),
        };
        format!("{worker}{within}{at_most}{action}")
    }
}
