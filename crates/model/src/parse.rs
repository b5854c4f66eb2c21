//! The one error of every parser of this crate.

/// Says what a text should have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {wanted}, found `{found}`")]
pub struct ParseError {
    /// The text as it stood.
    pub found: String,
    /// What was wanted, with its range or an example.
    pub wanted: &'static str,
}

impl ParseError {
    /// Returns the error for `found` where `wanted` should stand.
    pub fn new(found: impl Into<String>, wanted: &'static str) -> Self {
        Self { found: found.into(), wanted }
    }
}

/// Returns the error of a document in which a text does not say what was wanted: serde's own kind of error for that, so
/// that whoever reads documents need not read this text again.
pub fn misread<E: serde::de::Error>(found: &str, error: &ParseError) -> E {
    E::invalid_value(serde::de::Unexpected::Str(found), &error.wanted)
}
