//! The engine against edges that are small values: a world that changes as the table of actions says, what becomes of an
//! op where it does not, and a clock that moves only when something takes time.
//!
//! Whether a plan is right is for `plan`, and whether a kernel does as the table says is for the simulator's scenarios.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that panics has found something")]

mod basis;
mod bench;
mod interrupting;
mod journaling;
mod kernel;
mod lanes;
mod leftovers;
mod loans;
mod meeting;
mod owed;
mod patience;
mod port;
mod stages;
mod threads;
mod users;
mod work;
