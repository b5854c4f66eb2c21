//! The edge over a tree of files that stands for a machine's `/sys`, `/proc` and `/dev`.
//!
//! What netlink tells is tested in the crate and in the testbed: a tree has no interfaces.
#![allow(clippy::disallowed_methods, reason = "the tests of the edge do what the edge does")]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "outside of #[test] functions as well")]

mod functions;
mod interrupting;
mod performing;
mod reading;
mod tree;
mod uses;
