//! From a spec and facts to a plan: resolve selectors, collect changes, order them, check the result with
//! independent code, and show it. Everything here is a pure function of data.
//!
//! Nothing here knows a kind by name, reads a file or a clock, or performs anything.

mod check;
mod collect;
mod document;
mod explain;
mod order;
mod resolve;
mod summary;
mod text;
mod wrap;

pub use check::{Flaw, check};
pub use collect::{plan, plan_host};
pub use document::{HostPlan, Lane, PhasePlan, Plan, PlanFormat};
pub use explain::{Address, ExplainError, Explanation, explain};
pub use resolve::{Desired, Source, resolve};
pub use text::{Detail, render};
