//! The commands of the `testbed` program.

mod arguments;
mod cluster;
mod exec;
mod hardware;
mod hosts;
mod invent;
mod matrix;
mod rights;
mod run;

pub use arguments::{Arguments, run_command};
