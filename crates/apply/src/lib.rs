//! Walks a plan: checks its basis, performs each phase of each scope's stages, verifies it by a fresh read, journals and
//! reports.
//!
//! Apply makes no choices: what is not in the plan is not done, but for restoring what was changed for a while. It knows
//! no kernel, no Kubernetes and no file; the edges do.

mod basis;
mod edges;
mod engine;
mod lane;
mod leftover;
mod loans;
mod look;
mod perform;
mod report;
mod verify;

pub use basis::{broken_basis, stuck_elsewhere};
pub use edges::{Edges, Progress};
pub use engine::{apply, refused_as_stale};
pub use leftover::{Leftover, leftovers};
pub use look::Look;
pub use report::{Counts, LaneReport, OpReport, Report, ReportFormat, Result, Unmet};
