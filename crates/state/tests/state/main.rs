//! Tests of the state folder, on real files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has found something")]
#![allow(clippy::disallowed_methods, reason = "files are what is tested")]

mod journal;
mod lock;
mod torn;
