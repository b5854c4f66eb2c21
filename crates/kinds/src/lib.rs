//! The kinds of resources: one folder for each, with its YAML, how it is read from facts, compared, lowered to
//! ops and claimed. Everything here is a pure function of data.
//!
//! No YAML text is parsed here (that is `spec`), and nothing is ordered across PFs (that is `plan`).

pub mod binding;
pub mod context;
pub mod desired;
pub mod document;
pub mod driver;
pub mod finding;
mod netdev;
pub mod path;
pub mod pf;
pub mod registry;
#[cfg(test)]
#[path = "sample_tests.rs"]
mod sample;
pub mod setting;
pub mod step;
pub mod system;
pub mod vf;
