//! Scenarios: texts that read as transcripts and run in the guest and on the
//! simulator.
//!
//! How a step is carried out is `place`'s business.

mod clusters;
pub mod files;
pub mod hand;
pub mod parser;
pub mod script;
pub mod substitution;

pub use files::ScenarioError;
pub use script::{Action, BadDay, Checks, Exit, On, Only, Scenario, Step};
