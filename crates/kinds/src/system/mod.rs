//! The machine as a whole: modules that must be loaded.

mod diff;
mod section;

pub use section::{System, SystemSpec};
