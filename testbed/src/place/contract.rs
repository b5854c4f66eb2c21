//! What a place can do for a scenario, and why it could not.

use crate::cluster::ClusterError;
use crate::guest::{GuestError, Output};
use crate::lab::LabError;
use crate::roles::Roles;
use crate::scenario::{Only, Scenario};

/// Why a step could not be carried out, as opposed to carried out and found
/// wrong.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The guest broke; it is of no use for further scenarios.
    #[error(transparent)]
    Guest(#[from] GuestError),
    /// There is no guest.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The cluster broke.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A file or a process of ours made trouble.
    #[error("{attempt}")]
    Host {
        /// What was attempted.
        attempt: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A scenario left something behind.
    #[error("find the guest as it was before; left behind:\n{0}")]
    LeftBehind(String),
    /// The scenario asks for what this place does not have.
    #[error("{0}")]
    Unable(String),
}

impl PlaceError {
    /// Whether the emulator stood still: that is nobody's doing in the guest.
    pub fn is_stall(&self) -> bool {
        matches!(
            self,
            Self::Guest(GuestError::Stalled { .. }) | Self::Lab(LabError::Guest(GuestError::Stalled { .. }))
        )
    }
}

/// A place in which scenarios run one after another.
pub trait Place {
    /// What the place is called: `kernel` or `sim`.
    fn name(&self) -> &'static str;

    /// Why a scenario that is marked so does not run here; `None` when it
    /// does.
    fn refuses(&self, only: &Only) -> Option<String>;

    /// What a scenario needs and this place does not have, so that it fails here; `None` when it can run.
    fn lacks(&self, _scenario: &Scenario) -> Option<String> {
        None
    }

    /// The devices.
    fn roles(&self) -> &Roles;

    /// Prepares a fresh world and an empty working folder.
    ///
    /// # Errors
    ///
    /// When that fails.
    fn begin(&mut self) -> Result<(), PlaceError>;

    /// Puts a file into the working folder.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn put(&mut self, name: &str, text: &str) -> Result<(), PlaceError>;

    /// Runs vfctl with arguments as a shell reads them.
    ///
    /// # Errors
    ///
    /// When it cannot be run.
    fn vfctl(&mut self, arguments: &str) -> Result<Output, PlaceError>;

    /// Reads the facts with vfctl, once what flaps by the way has settled.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    fn record(&mut self) -> Result<Output, PlaceError>;

    /// Runs kubectl with admin rights, with arguments as a shell reads them.
    ///
    /// # Errors
    ///
    /// When it cannot be run; always where there is no cluster.
    fn kubectl(&mut self, _arguments: &str) -> Result<Output, PlaceError> {
        Err(PlaceError::Unable("run kubectl: there is no cluster here".to_owned()))
    }

    /// Does something to what stands between vfctl and the API server, in the words of `cluster::fault`.
    ///
    /// # Errors
    ///
    /// When that fails; always where nothing can stand there.
    fn front(&mut self, _words: &str) -> Result<(), PlaceError> {
        Err(PlaceError::Unable("stand in front of the API server from here".to_owned()))
    }

    /// Says in which worker what follows happens: the first for `None`.
    ///
    /// # Errors
    ///
    /// When there is no such worker.
    fn turn_to(&mut self, worker: Option<u8>) -> Result<(), PlaceError> {
        match worker {
            None => Ok(()),
            Some(number) => {
                Err(PlaceError::Unable(format!("find worker-{number}: there is no cluster here")))
            }
        }
    }

    /// Does something by hand.
    ///
    /// # Errors
    ///
    /// When it cannot be tried.
    fn hand(&mut self, words: &str) -> Result<Output, PlaceError>;

    /// Runs a shell command; `None` where there is no shell.
    ///
    /// # Errors
    ///
    /// When it cannot be run.
    fn shell(&mut self, command: &str) -> Result<Option<Output>, PlaceError>;

    /// Starts vfctl and does not wait for it.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    fn start(&mut self, arguments: &str) -> Result<(), PlaceError>;

    /// Interrupts what was started.
    ///
    /// # Errors
    ///
    /// When nothing was.
    fn interrupt(&mut self) -> Result<(), PlaceError>;

    /// Waits for what was started.
    ///
    /// # Errors
    ///
    /// When nothing was.
    fn wait(&mut self) -> Result<Output, PlaceError>;

    /// Ends a scenario and looks what it left behind.
    ///
    /// # Errors
    ///
    /// When it left something.
    fn end(&mut self) -> Result<(), PlaceError>;

    /// Gives up a world that broke: the next scenario gets a fresh one.
    fn give_up(&mut self);
}
