//! Walks a plan: checks its basis, performs each phase, verifies it by a fresh read, journals and reports.
//!
//! Apply makes no choices: what is not in the plan is not done, but for giving back what was borrowed. It knows
//! no kernel, no Kubernetes and no file; the edges do.

mod edges;
mod engine;
mod lane;
mod leftover;
mod loans;
mod look;
mod perform;
mod report;
mod verify;

pub use edges::{Edges, Progress};
pub use engine::{apply, broken_basis, refused_as_stale, stuck_elsewhere};
pub use leftover::leftovers;
pub use look::Look;
pub use report::{LaneReport, OpReport, Report, ReportFormat, Result, Unmet};
