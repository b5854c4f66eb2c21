//! Specs as people write them: what is refused and in which words, and what is taken.

#[path = "spec/mistakes.rs"]
mod mistakes;
