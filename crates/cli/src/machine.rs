//! The machine that commands work on: the edges, and what the environment says.

use std::io::Write;
use std::path::PathBuf;

use vfctl_model::HostName;
use vfctl_port::{Clock, Observe, Perform};

/// The machine that commands work on: this host, or one in memory.
pub struct Machine<'a> {
    /// The host's name.
    pub name: HostName,
    /// Reads facts.
    pub observe: &'a dyn Observe,
    /// Performs ops.
    pub perform: &'a dyn Perform,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// The folder for lock and journal, where the command line names none.
    pub state_dir: PathBuf,
}

/// Where a command's words go.
pub struct Console<'a> {
    /// Data.
    pub out: &'a mut dyn Write,
    /// Talk.
    pub err: &'a mut (dyn Write + Send),
    /// Whether the user can be asked.
    pub can_ask: bool,
    /// Whether talk may be coloured.
    pub colour: bool,
}

impl Console<'_> {
    /// Says something that is no data. Where nobody listens, the command is none the worse for it.
    pub(crate) fn talk(&mut self, text: &str) {
        if self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush()).is_err() {
            tracing::debug!("standard error is closed");
        }
    }
}
