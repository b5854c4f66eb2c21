//! Tests about the repository: who uses whom, what its files say, and that what is written down is true.
//!
//! No behaviour of vfctl is tested here but what documents promise: the commands they show, the schemas, that a
//! new VF attribute is two files, and that a new kind is a folder and rows. The examples are held to what they say by the tests of `vfctl-cli`. Each check has a test of its own that makes it fail.

#![allow(clippy::disallowed_methods, reason = "the repository's files are read and its programs are run")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a panic is a finding")]

mod arrows;
mod kinds;
mod layout;
mod manifest;
mod markdown;
mod new_attribute;
mod new_kind;
mod patched;
mod places;
mod program;
mod readme;
mod release;
mod repository;
mod rust_source;
mod schemas;
mod scripts;
mod signatures;
mod specs;
mod translations;
mod units;
mod voice;
