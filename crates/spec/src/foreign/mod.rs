//! What other tools call things: single words, and whole documents, each with what to write instead.
//!
//! Two tables and how they are looked up. Nothing is converted.

mod documents;
mod words;

#[cfg(test)]
#[path = "foreign_tests.rs"]
mod tests;

pub(crate) use documents::{of_text, of_tree};
pub(crate) use words::{Word, word};
