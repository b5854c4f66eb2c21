//! Texts to read, and the order in which a folder's files are read.

use std::ffi::OsString;
use std::path::Path;

use crate::diagnostic::Place;
use crate::yaml::Span;

/// A text that may hold several documents, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What the text is called in messages: a path, or `<stdin>`.
    pub name: String,
    /// The text.
    pub text: String,
}

/// A text and the byte at which each of its lines begins.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    source: Source,
    line_starts: Vec<usize>,
}

impl Text {
    /// Returns what the text is called.
    pub(crate) fn name(&self) -> &str {
        &self.source.name
    }

    /// Returns the place of a span of this text.
    pub(crate) fn place(&self, span: Span) -> Place {
        let (line, column) = self.line_and_column(span.start);
        Place { file: self.source.name.clone(), line, column, span }
    }

    /// Returns the text of a source.
    pub(crate) fn of(source: &Source) -> Self {
        let bytes = source.text.as_bytes();
        // A line ends with LF, CR or both (YAML 1.2.2, 5.4).
        let ends = |at: &usize| match bytes.get(*at) {
            Some(b'\n') => true,
            Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
            Some(_) | None => false,
        };
        let starts = (0..bytes.len()).filter(ends).map(|at| at + 1);
        Self { source: source.clone(), line_starts: std::iter::once(0).chain(starts).collect() }
    }

    /// Returns the line and the column of a byte, both from 1. A byte order mark at the top takes no column.
    fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= byte).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self.source.text.get(start..byte).unwrap_or_default();
        let before = if start == 0 { before.strip_prefix('\u{feff}').unwrap_or(before) } else { before };
        (line, before.chars().count() + 1)
    }
}

/// Returns whether a file has the name of a YAML file.
pub fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// Returns those of the names in a folder that are specs (`*.yaml`, `*.yml`), in the order of reading: by name, byte by byte.
/// Hidden files are none.
pub fn spec_file_order(names: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let is_spec = |name: &OsString| !name.as_encoded_bytes().starts_with(b".") && is_yaml(Path::new(name));
    let mut specs: Vec<OsString> = names.into_iter().filter(is_spec).collect();
    specs.sort();
    specs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_by_name_and_only_its_specs() {
        let names = ["b.yml", "a.yaml", "README.md", ".hidden.yaml", "10.yaml", "yaml", "c.yaml.bak"];
        assert_eq!(spec_file_order(names.map(OsString::from)), ["10.yaml", "a.yaml", "b.yml"]);
    }
}
