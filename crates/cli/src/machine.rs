//! The machine that commands work on: the edges, and what the environment says.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use vfctl_model::HostName;
use vfctl_port::{Clock, Observe, Perform, Scope, TryTraffic, What, World, with_causes};
use vfctl_view::harmless;

use crate::error::CliError;
use crate::reach::Connect;
use crate::terminal::Terminal;

/// The machine that commands work on: this host, or one in memory.
pub struct Machine<'a> {
    /// The host's name.
    pub name: HostName,
    /// Reads facts.
    pub observe: &'a dyn Observe,
    /// Performs ops.
    pub perform: &'a dyn Perform,
    /// Sends packets between interfaces.
    pub traffic: &'a dyn TryTraffic,
    /// Finds the cluster.
    pub connect: &'a dyn Connect,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// The folder for lock and journal, where the command line names none.
    pub state_dir: PathBuf,
}

/// How long one read that can hang may take.
pub(crate) const READ_LIMIT: Duration = Duration::from_secs(30);

impl Machine<'_> {
    /// Returns the scope of this host.
    pub(crate) fn scope(&self) -> Scope {
        Scope::Host(self.name.clone())
    }

    /// Reads the whole host.
    pub(crate) fn world(&self) -> Result<World, CliError> {
        let scope = self.scope();
        let mut world = World::empty();
        world.learn(&scope, self.observe.observe(&scope, &What::Whole, READ_LIMIT)?);
        Ok(world)
    }
}

/// Where a command's words go.
pub struct Console<'a> {
    /// Data.
    pub out: &'a mut dyn Write,
    /// Diagnostics.
    pub err: &'a mut (dyn Write + Send),
    /// Whether the user can be asked.
    pub can_ask: bool,
    /// What the streams are.
    pub terminal: Terminal,
}

impl Console<'_> {
    /// Says something that is no data. Where nobody listens, the command is none the worse for it.
    pub(crate) fn say(&mut self, text: &str) {
        if self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush()).is_err() {
            tracing::debug!("standard error is closed");
        }
    }

    /// Says what failed and why, each fact once, and what to do about it.
    pub(crate) fn say_error(&mut self, error: &CliError) {
        let fix = error.fix().map_or_else(String::new, |fix| format!("  fix: {fix}\n"));
        self.say(&harmless(&format!("error: failed to {}\n{fix}", with_causes(error))));
    }
}
