//! Tests of the simulator: each of the kernel's rules that it keeps has one that names it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has found something")]

mod agreement;
mod binding;
mod count;
mod drivers;
mod faults;
mod hand;
mod link;
mod scopes;
mod uses;
mod words;
mod world;
