//! The machine as a whole: modules that must be loaded.

mod diff;
mod spec;

pub use diff::steps;
pub use spec::SystemSpec;
