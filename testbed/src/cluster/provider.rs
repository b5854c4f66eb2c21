//! Where a cluster comes from, and what is known of one that runs.

use std::fmt::Debug;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::guest::GuestError;
use crate::image::ImageError;
use crate::lab::LabError;
use crate::machine::MachineError;
use crate::roles::Roles;

/// Where a cluster comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// The testbed runs it on this machine.
    Local,
    /// The testbed creates it with kind, in docker on this machine.
    Kind,
    /// It is there already: the one that KUBECONFIG points at.
    Existing,
}

/// A cluster that runs, as those see it that use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// Where it comes from.
    pub origin: Origin,
    /// Whether its workers have nothing but their primary network.
    #[serde(default)]
    pub is_bare: bool,
    /// kubectl.
    pub kubectl: PathBuf,
    /// Admin rights, from this machine.
    pub kubeconfig: PathBuf,
    /// Where the workers find vfctl.
    pub programs: PathBuf,
    /// What the API server had when it was ready: all, as `objects` says it, or without workers only what `own` says that
    /// scenarios make.
    pub world: Vec<String>,
    /// The workers in the order of their numbers.
    pub workers: Vec<WorkerAccess>,
}

/// The ways into one worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkerAccess {
    /// The name of the node.
    pub name: String,
    /// Its address in the cluster.
    pub address: String,
    /// The socket of its agent.
    pub agent_socket: PathBuf,
    /// The socket of QEMU's monitor.
    pub monitor_socket: PathBuf,
    /// The folder that it shares with this machine.
    pub share: PathBuf,
    /// Its console's log.
    pub console: PathBuf,
    /// Its devices.
    pub roles: Roles,
    /// What `world.sh` printed when it was ready.
    pub world: Vec<String>,
}

/// Where clusters come from.
pub trait Provider: Debug + Send + Sync {
    /// Starts a cluster; says on standard error how far it is.
    ///
    /// # Errors
    ///
    /// When it does not become ready in time; nothing is left behind then, except for logs.
    fn start(&self, workers: u8) -> Result<Cluster, ClusterError>;

    /// The cluster that runs.
    ///
    /// # Errors
    ///
    /// When none does, or when it is broken.
    fn running(&self) -> Result<Cluster, ClusterError>;

    /// Stops the cluster and waits until all of it has gone.
    ///
    /// # Errors
    ///
    /// When something does not go.
    fn stop(&self) -> Result<(), ClusterError>;

    /// What is true after a stop, for a person.
    fn stopped(&self) -> &'static str;
}

/// Why there is no cluster, or none that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// A file or a process of ours failed.
    #[error("{attempt}")]
    Host {
        /// What was attempted.
        attempt: String,
        /// What the system said.
        source: io::Error,
    },
    /// The parts or the image cannot be built.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A guest does not start.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// A guest does not answer.
    #[error(transparent)]
    Guest(#[from] GuestError),
    /// A guest is not as its topology says.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// A program failed.
    #[error("run {program}: {said}")]
    Program {
        /// The program with its first words.
        program: String,
        /// What it said.
        said: String,
    },
    /// A program that should go on has ended.
    #[error("keep {name} running: it has ended; {log} ends with\n{said}")]
    Ended {
        /// The program.
        name: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        said: String,
    },
    /// The cluster is given up meanwhile.
    #[error("run {attempt}: the cluster is given up")]
    GivenUp {
        /// The program with its first words.
        attempt: String,
    },
    /// Something did not come in time.
    #[error("wait for {what}: not there after {} s\n{said}", limit.as_secs())]
    TooSlow {
        /// What was waited for.
        what: String,
        /// The time that it had.
        limit: Duration,
        /// What is known of it.
        said: String,
    },
    /// A port is in use.
    #[error("use port {port} of 127.0.0.1, which another cluster may have")]
    Port {
        /// The port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The folder is used by a cluster that runs.
    #[error("start a cluster in {folder}: one is running there; stop it with `testbed cluster stop`")]
    Running {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no cluster.
    #[error("find a cluster in {folder}: none is running; start one with `testbed cluster start`")]
    NotRunning {
        /// The folder.
        folder: PathBuf,
    },
    /// The cluster's supervisor gave up.
    #[error("use the cluster in {folder}: {why}")]
    Broken {
        /// The folder.
        folder: PathBuf,
        /// What happened.
        why: String,
    },
    /// A document of ours cannot be read or written.
    #[error("understand {path}")]
    Document {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// What was asked for is not to be had.
    #[error("{0}")]
    Unable(String),
}

/// For `map_err`: what was attempted when the system refused.
pub(crate) fn host(attempt: impl Into<String>) -> impl FnOnce(io::Error) -> ClusterError {
    let attempt = attempt.into();
    |source| ClusterError::Host { attempt, source }
}
