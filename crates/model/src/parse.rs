//! The one error of every parser of this crate.

/// Says what a text should have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no {wanted}")]
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
