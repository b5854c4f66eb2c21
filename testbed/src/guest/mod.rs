//! Inside the machine: running commands there and preparing what a topology
//! wants.

pub mod agent;
pub mod link;
pub mod protocol;
pub mod setup;

pub use link::{Guest, GuestError, Output};
