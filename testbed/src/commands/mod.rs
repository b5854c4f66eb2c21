//! The commands of the `testbed` program.

mod arguments;
mod exec;

pub use arguments::{Arguments, run};
