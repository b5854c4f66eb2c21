//! What an apply works through.

use std::time::Duration;

use vfctl_port::{Clock, Journal, Observe, Perform, Phase};

/// The edges that an apply works through.
#[derive(Clone, Copy)]
pub struct Edges<'a> {
    /// Reads facts.
    pub observe: &'a dyn Observe,
    /// Performs ops.
    pub perform: &'a dyn Perform,
    /// Keeps what was done.
    pub journal: &'a dyn Journal,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Hears what is going on.
    pub progress: &'a dyn Progress,
}

/// Hears what is going on.
pub trait Progress: Sync {
    /// A phase of a lane begins, with this many ops.
    fn phase(&self, lane: &str, phase: Phase, ops: usize);

    /// A lane waits until what it did shows, or what it needs is so, at most for this long.
    fn waiting(&self, _lane: &str, _at_most: Duration) {}

    /// Nothing more is done in a lane.
    fn lane_ended(&self, _lane: &str) {}
}
