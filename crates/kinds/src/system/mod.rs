//! The machine as a whole: modules that must be loaded.

mod diff;
mod spec;

pub use spec::SystemSpec;
pub use diff::steps;
