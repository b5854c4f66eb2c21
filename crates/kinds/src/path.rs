//! Places within a document, and the mistakes that rules find there.

use std::fmt;

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// The value of a key.
    Key(String),
    /// An entry of a list, from 0.
    Index(usize),
}

/// The way from a document's top to a value, `spec.physicalFunctions[0].vfs.count`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SpecPath(pub Vec<Segment>);

impl SpecPath {
    /// Returns the path one key further in.
    pub fn key(&self, key: &str) -> Self {
        let mut segments = self.0.clone();
        segments.push(Segment::Key(key.to_owned()));
        Self(segments)
    }

    /// Returns the path one list entry further in.
    pub fn index(&self, index: usize) -> Self {
        let mut segments = self.0.clone();
        segments.push(Segment::Index(index));
        Self(segments)
    }
}

impl fmt::Display for SpecPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(segments) = self;
        let mut separator = "";
        for segment in segments {
            match segment {
                Segment::Key(key) => write!(f, "{separator}{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
            separator = ".";
        }
        Ok(())
    }
}

/// A rule that a document breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The value that is wrong.
    pub path: SpecPath,
    /// What is wrong with it and by which rule, lower case.
    pub message: String,
    /// How to mend it.
    pub help: String,
}
