//! Places within a document, and the mistakes that rules find there.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
    /// Returns the path of `spec`.
    pub fn spec() -> Self {
        Self::default().key("spec")
    }

    /// Returns the path one key further in.
    pub fn key(&self, key: &str) -> Self {
        let mut segments = self.0.clone();
        segments.push(Segment::Key(key.to_owned()));
        Self(segments)
    }

    /// Returns the path of another key beside this one.
    pub(crate) fn sibling(&self, key: &str) -> Self {
        let mut segments = self.0.clone();
        segments.pop();
        Self(segments).key(key)
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

/// The place in a spec that asks for something: file, line and path. Shared, since many values have one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Arc<OriginText>);

/// A place as documents have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OriginText {
    /// The file.
    file: String,
    /// The line, from 1.
    line: u32,
    /// The path from the document's top.
    path: String,
}

impl Origin {
    /// Returns the place at this line of a file.
    pub fn new(file: impl Into<String>, line: u32, path: &SpecPath) -> Self {
        Self(Arc::new(OriginText { file: file.into(), line, path: path.to_string() }))
    }
}

/// Writes the place for people, `workers.yaml:14: spec.physicalFunctions[0].mtu`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OriginText { file, line, path } = &*self.0;
        write!(f, "{file}:{line}: {path}")
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        OriginText::deserialize(deserializer).map(|text| Self(Arc::new(text)))
    }
}

impl JsonSchema for Origin {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Origin".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        OriginText::json_schema(generator)
    }
}

/// A rule that a document breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The value that is wrong.
    pub path: SpecPath,
    /// What is wrong with it and by which rule, lower case.
    pub message: String,
    /// How to correct it.
    pub help: String,
    /// Other values that have to do with it.
    pub related: Vec<Related>,
}

/// Another value that has to do with a broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The document, by its place among those that were checked together.
    pub document: usize,
    /// The value.
    pub path: SpecPath,
    /// What stands there.
    pub message: String,
}

impl Violation {
    /// Returns the violation without other values.
    pub(crate) fn new(path: SpecPath, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { path, message: message.into(), help: help.into(), related: Vec::new() }
    }

    /// Adds another value that has to do with it.
    pub(crate) fn with(mut self, document: usize, path: SpecPath, message: impl Into<String>) -> Self {
        self.related.push(Related { document, path, message: message.into() });
        self
    }
}

/// For which hosts documents must have the lists that they take. A host that lacks one has no plan in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListsFor {
    /// Every host that they name: the specs are all there is.
    EveryHost,
    /// One of them: values are given beside the specs, and each host may be given its own where it is.
    SomeHost,
}

/// The rules that documents break, each with the document's place among those that are checked together.
#[derive(Debug)]
pub struct Violations {
    document: usize,
    lists_for: ListsFor,
    found: Vec<(usize, Violation)>,
}

impl Violations {
    /// Returns none yet, of documents that must have their lists for these hosts.
    pub(crate) fn new(lists_for: ListsFor) -> Self {
        Self { document: 0, lists_for, found: Vec::new() }
    }

    /// Returns for which hosts the documents must have the lists that they take.
    pub(crate) fn lists_for(&self) -> ListsFor {
        self.lists_for
    }

    /// Says which document is looked at from now on.
    pub(crate) fn turn_to(&mut self, document: usize) {
        self.document = document;
    }

    /// Returns the document that is looked at.
    pub(crate) fn document(&self) -> usize {
        self.document
    }

    /// Notes a broken rule in the document that is looked at.
    pub(crate) fn add(&mut self, violation: Violation) {
        self.found.push((self.document, violation));
    }

    /// Returns what was noted.
    pub(crate) fn into_found(self) -> Vec<(usize, Violation)> {
        self.found
    }
}
