//! What other tools call things: single words, and whole documents, each with what to write instead.
//!
//! Two tables and how they are looked up, and the linter of those documents that pods get their VFs by. Nothing is converted.

mod documents;
mod lint;
mod words;

#[cfg(test)]
#[path = "foreign_tests.rs"]
mod tests;

pub(crate) use documents::{of_text, of_tree};
pub use lint::Checked;
pub(crate) use lint::{Linter, Reread};
pub(crate) use words::{Word, word};
