//! A look at the whole host, which alone tells who uses what, and how old it is.

use std::time::Duration;

use vfctl_port::{Clock, EdgeError, HostFacts, Observe};

/// How old may be what is known of who uses a VF or a port, when they are about to be hurt. To look again means to walk
/// the processes of the host, so it is not done where that was just done.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The facts of a host, and when they were read.
#[derive(Debug, Clone)]
pub struct Look {
    /// The facts.
    pub host: HostFacts,
    /// The clock when the read began: whatever happened since may not be in them.
    pub at: Duration,
}

impl Look {
    /// Reads the whole host.
    ///
    /// # Errors
    /// Where nothing at all could be read.
    pub fn take(observe: &dyn Observe, clock: &dyn Clock) -> Result<Self, EdgeError> {
        let at = clock.now();
        Ok(Self { host: observe.observe_host()?, at })
    }

    /// Returns whether somebody may have come to use something since, unseen.
    pub(crate) fn is_old(&self, clock: &dyn Clock) -> bool {
        clock.now().saturating_sub(self.at) >= LOOK_AGAIN_AFTER
    }
}
