//! The machine as a whole: modules that must be loaded.

mod diff;
mod spec;
mod taken;

pub use diff::steps;
pub use spec::SystemSpec;
pub use taken::tell_of_taken;
