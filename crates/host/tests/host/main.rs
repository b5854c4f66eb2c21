//! The edge over a tree of files that stands for a machine's `/sys`, `/proc` and `/dev`.
//!
//! What netlink tells is tested in the crate and in the testbed: a tree has no interfaces.

mod performing;
mod reading;
mod tree;
