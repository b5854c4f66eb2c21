//! The machine as a whole: modules that must be loaded.

mod spec;

pub use spec::SystemSpec;
