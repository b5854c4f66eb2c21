//! The tree: what stands in a document, and where.

use std::collections::BTreeSet;

use vfctl_kinds::path::{Segment, SpecPath};

/// A stretch of a source's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Span {
    /// Which source, from 0.
    pub(crate) source: usize,
    /// The first byte.
    pub(crate) start: usize,
    /// The byte after the last.
    pub(crate) end: usize,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// What it is.
    pub(crate) value: Value,
    /// Where it stands.
    pub(crate) span: Span,
    /// Whether an item was taken out of it as a mistake, so that how many there are tells nothing.
    pub(crate) is_cut: bool,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// A text, a number, a word: the field that takes it decides.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// Keys and values.
    Map(Map),
}

/// A scalar as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    /// The text, without quotes and escapes.
    pub(crate) text: String,
    /// Whether it was quoted.
    pub(crate) style: Style,
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Bare.
    Plain,
    /// In quotes, or as a block.
    Quoted,
}

/// Keys and values in the order of the text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Map {
    /// The entries.
    pub(crate) entries: Vec<Entry>,
    /// Keys whose absence is no further mistake, since what stood there was one.
    pub(crate) excused: BTreeSet<String>,
    /// Set where this stands for a value that is missing: it reads as any empty value.
    pub(crate) is_hole: bool,
}

/// One key and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) key_span: Span,
    /// The value.
    pub(crate) value: Node,
}

impl Map {
    /// Returns the value of a key, after an empty map was added for it where there was none.
    pub(crate) fn value_of(&mut self, key: &str, key_span: Span) -> Option<&mut Node> {
        if !self.entries.iter().any(|entry| entry.key == key) {
            let value = Node { value: Value::Map(Self::default()), span: key_span, is_cut: false };
            self.entries.push(Entry { key: key.to_owned(), key_span, value });
        }
        self.entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }
}

impl Node {
    /// Returns the stand-in for a value that is missing at `span`.
    pub(crate) fn hole(span: Span) -> Self {
        Self { value: Value::Map(Map { is_hole: true, ..Map::default() }), span, is_cut: false }
    }

    /// Returns whether this stands for a value that is missing.
    pub(crate) fn is_hole(&self) -> bool {
        matches!(&self.value, Value::Map(map) if map.is_hole)
    }

    /// Returns the map that this is, or `None`.
    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            Value::Scalar(_) | Value::List(_) => None,
        }
    }

    /// Returns the text of the scalar that this is, or `None`.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(scalar) => Some(&scalar.text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Returns whether this is a scalar in quotes.
    pub(crate) fn is_quoted(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.style == Style::Quoted)
    }

    /// Returns where to point for this value: a scalar itself, the first key or entry of a block.
    pub(crate) fn pointer(&self) -> Span {
        match &self.value {
            Value::Scalar(_) => self.span,
            Value::List(items) => items.first().map_or(self.span, Self::pointer),
            Value::Map(map) => map.entries.first().map_or(self.span, |entry| entry.key_span),
        }
    }

    /// Returns whether something was taken out of this value, or filled in.
    pub(crate) fn is_mended(&self) -> bool {
        match &self.value {
            Value::Scalar(_) => false,
            Value::List(items) => self.is_cut || items.iter().any(Self::is_mended),
            Value::Map(map) => {
                let Map { entries, excused, is_hole } = map;
                *is_hole || !excused.is_empty() || entries.iter().any(|entry| entry.value.is_mended())
            }
        }
    }

    /// Returns the value that a path leads to and where to point for it, or `None` where the path leads out of
    /// the tree. A value under a key that is no scalar is pointed at by its key.
    pub(crate) fn find(&self, path: &SpecPath) -> Option<(&Self, Span)> {
        let SpecPath(segments) = path;
        segments.iter().try_fold((self, self.pointer()), |(node, _), segment| node.step(segment))
    }

    /// Returns where to point for a path, or for as much of it as there is.
    pub(crate) fn find_nearest(&self, path: &SpecPath) -> Span {
        let SpecPath(segments) = path;
        let mut found = (self, self.pointer());
        for segment in segments {
            match found.0.step(segment) {
                Some(next) => found = next,
                None => break,
            }
        }
        found.1
    }

    fn step(&self, segment: &Segment) -> Option<(&Self, Span)> {
        match (segment, &self.value) {
            (Segment::Key(key), Value::Map(map)) => {
                let Entry { key_span, value, .. } = map.entries.iter().find(|entry| entry.key == *key)?;
                Some((value, if value.as_text().is_some() { value.span } else { *key_span }))
            }
            (Segment::Index(index), Value::List(items)) => {
                items.get(*index).map(|item| (item, item.pointer()))
            }
            (Segment::Key(_) | Segment::Index(_), _) => None,
        }
    }
}
