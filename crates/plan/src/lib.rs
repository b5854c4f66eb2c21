//! From a spec and facts to a plan: collect what the kinds draft, order it, check the result with independent code, and
//! show it. Everything here is a pure function of data.
//!
//! Nothing here knows a kind by name, reads a file or a clock, or performs anything.

mod check;
mod collect;
mod compared;
mod document;
mod explain;
mod groups;
mod made;
mod object_text;
mod order;
mod refusal;
mod rights;
mod rows;
mod scope_plan;
mod summary;
mod tally;
mod text;
mod text_hash;
mod wrap;

pub use check::{Flaw, check};
pub use collect::{HostPlan, NodeShare, Options, Scale, plan, plan_cluster, plan_host};
pub use compared::compared;
pub use document::{Lane, PhasePlan, Plan, PlanFormat, PlanSummary, StagePlan};
pub use explain::{Explanation, explain};
pub use groups::{Group, Groups};
pub use made::{Failure, Made, SpecFile};
pub use refusal::Disruption;
pub use rows::{Detail, Row, RowSort, ScopeRows};
pub use scope_plan::{ScopePlan, Summary};
pub use tally::{Standing, Tally};
pub use text::render;
pub use text_hash::TextHash;
