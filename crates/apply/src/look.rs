//! A look at scopes as wholes, which alone tells who uses what, and how old it is.

use std::time::Duration;

use vfctl_plan::Lane;
use vfctl_port::{Clock, EdgeError, Observe, Scope, What, World};

use crate::edges::Edges;
use crate::report::LaneReport;
use crate::verify::objects_of;

/// How old may be what is known when it is relied upon, such as of who uses a VF that is about to be disrupted. To look
/// again means to walk the processes of the host, so it is not done where that was just done.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How long one read that can hang may take.
pub(crate) const READ_LIMIT: Duration = Duration::from_secs(30);

/// The facts of some scopes, and when they were read.
#[derive(Debug, Clone)]
pub struct Look {
    /// The facts.
    pub world: World,
    /// The clock when the read began: whatever happened since may not be in them.
    pub at: Duration,
}

/// What is known before a lane begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before<'a> {
    /// The look of before the apply.
    pub(crate) look: &'a Look,
    /// Whether vfctl itself has done something in the scope since, in an earlier stage or an earlier lane of the queue.
    pub(crate) is_outdated: bool,
}

impl<'a> Before<'a> {
    /// Returns what is known after lanes of the scope: no more of it is sure where one of them has done something.
    pub(crate) fn after<'r>(self, reports: impl IntoIterator<Item = &'r LaneReport>) -> Self {
        let is_outdated = self.is_outdated || reports.into_iter().any(LaneReport::has_acted);
        Self { is_outdated, ..self }
    }
}

impl Look {
    /// Reads these scopes.
    ///
    /// # Errors
    /// Where of one of them nothing at all could be read.
    pub fn take<'a>(
        scopes: impl IntoIterator<Item = &'a Scope>,
        observe: &dyn Observe,
        clock: &dyn Clock,
    ) -> Result<Self, EdgeError> {
        let at = clock.now();
        let mut world = World::empty();
        for scope in scopes {
            world.learn(scope, observe.observe(scope, &What::Whole, READ_LIMIT)?);
        }
        Ok(Self { world, at })
    }

    /// Reads what concerns one lane of a scope: of all PFs its own alone, of which there may be dozens.
    ///
    /// # Errors
    /// Where nothing at all could be read.
    pub(crate) fn around(scope: &Scope, lane: &Lane, edges: &Edges<'_>) -> Result<Self, EdgeError> {
        let at = edges.clock.now();
        let what = match scope {
            Scope::Host(_) => What::OnlyPf(lane.thing.pf().cloned()),
            Scope::Cluster => What::Objects(objects_of(lane)),
        };
        let mut world = World::empty();
        world.learn(scope, edges.observe.observe(scope, &what, READ_LIMIT)?);
        Ok(Self { world, at })
    }
}

/// Returns whether somebody may have done something, or have come to use something, since a read that began then.
pub(crate) fn is_old(at: Duration, clock: &dyn Clock) -> bool {
    clock.now().saturating_sub(at) >= LOOK_AGAIN_AFTER
}
