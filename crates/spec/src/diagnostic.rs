//! A mistake in a spec as data: where, what, and how to mend it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::source::Source;
use crate::yaml::Span;

/// A mistake in a spec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// Where it is.
    pub place: Place,
    /// What is wrong, lower case, no period.
    pub message: String,
    /// How to fix it.
    pub help: String,
    /// Other places that have to do with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
}

/// Another place that has to do with a mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Related {
    /// Where it is.
    pub place: Place,
    /// What stands there.
    pub message: String,
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The name of the text.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The bytes of the text that are meant.
    #[serde(skip)]
    pub(crate) span: Span,
}

impl Place {
    /// Returns the bytes of the text that are meant.
    pub fn bytes(&self) -> std::ops::Range<usize> {
        self.span.start..self.span.end
    }

    /// Returns the column behind the part of it that lies on its line, in characters from 1, by the sources that it was
    /// made from.
    pub fn end_column(&self, sources: &[Source]) -> usize {
        let marked = sources.get(self.span.source).and_then(|source| source.text.get(self.bytes()));
        let on_line = marked.unwrap_or_default().chars().take_while(|c| !matches!(c, '\n' | '\r'));
        self.column + on_line.count()
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, line, column, span: _ } = self;
        write!(f, "{file}:{line}:{column}")
    }
}

/// A mistake before its places have names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where it is.
    pub(crate) span: Span,
    /// What is wrong.
    pub(crate) message: String,
    /// How to fix it.
    pub(crate) help: String,
    /// Other places that have to do with it.
    pub(crate) related: Vec<(Span, String)>,
}

impl Fault {
    /// Returns the fault without other places.
    pub(crate) fn new(span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: help.into(), related: Vec::new() }
    }

    /// Returns the diagnostic that it is.
    pub(crate) fn named(self, place: impl Fn(Span) -> Place) -> Diagnostic {
        let Self { span, message, help, related } = self;
        let related =
            related.into_iter().map(|(span, message)| Related { place: place(span), message }).collect();
        Diagnostic { place: place(span), message, help, related }
    }
}

/// Returns a text of the user's as messages show it: in backticks, one line, shortened, without control codes.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    // `escape_debug` is for Rust's literals; quotes need no backslash here.
    shown = shown.replace("\\'", "'").replace("\\\"", "\"");
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
