//! What was checked and found, as each format takes it.

use vfctl_spec::{Diagnostic, Place, Related, Source};

use crate::error::CliError;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// The document is refused.
    Error,
    /// The document is taken.
    Warning,
}

/// What was checked and found.
pub(super) struct Findings<'a> {
    /// The texts, as the findings' places refer to them.
    pub(super) sources: &'a [Source],
    /// Every mistake, in order of place.
    pub(super) mistakes: &'a [Diagnostic],
    /// What is no mistake, in order of place.
    pub(super) warnings: &'a [Diagnostic],
}

impl Findings<'_> {
    /// Returns every finding, the mistakes first.
    pub(super) fn all(&self) -> impl Iterator<Item = (Level, &Diagnostic)> {
        let of = |level| move |diagnostic| (level, diagnostic);
        self.mistakes.iter().map(of(Level::Error)).chain(self.warnings.iter().map(of(Level::Warning)))
    }

    /// Returns the line of a place, and its columns there: from the first to the one behind the last.
    pub(super) fn region(&self, place: &Place) -> Region {
        Region {
            start_line: place.line,
            start_column: place.column,
            end_line: place.line,
            end_column: place.end_column(self.sources),
        }
    }
}

/// A part of a line, with lines and columns in characters from 1; the last column is the one behind it.
#[derive(Debug, Clone, Copy, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: usize,
    pub(super) start_column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

/// Returns a file's name as CI systems compare it with the names in a repository.
pub(super) fn file_name(name: &str) -> &str {
    name.strip_prefix("./").unwrap_or(name)
}

/// Returns what a finding says, with its fix and other places, in lines.
pub(super) fn message(diagnostic: &Diagnostic) -> String {
    let Diagnostic { place: _, message, help, related } = diagnostic;
    let others = related.iter().map(|Related { place, message }| format!("\n{place}: {message}"));
    format!("{message}\nhelp: {help}{}", others.collect::<String>())
}

/// Returns why nothing could be checked, with what to do about it, in lines.
pub(super) fn failure(error: &CliError) -> String {
    let fix = error.fix().map_or_else(String::new, |fix| format!("\nfix: {fix}"));
    format!("failed to {}{fix}", vfctl_port::with_causes(error))
}
