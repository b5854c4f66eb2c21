//! Specs as people write them: what is refused and in which words, and what is taken.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "spec/documents.rs"]
mod documents;
#[path = "spec/generate.rs"]
mod generate;
#[path = "spec/mistakes.rs"]
mod mistakes;
#[path = "spec/properties.rs"]
mod properties;
#[path = "spec/schema.rs"]
mod schema;
#[path = "spec/traps.rs"]
mod traps;
