//! Writes documents and mistakes, for people and for programs.

use std::path::Path;

use serde::Serialize;
use vfctl_spec::{Colour, Diagnostic, Source};

use crate::error::CliError;
use crate::machine::Console;

/// Prints a document as JSON.
pub(crate) fn print_json<T: Serialize>(console: &mut Console<'_>, document: &T) -> Result<(), CliError> {
    // In one piece: standard output writes out each line by itself.
    console.out.write_all(&json_of(document)?)?;
    Ok(())
}

/// Writes a document as JSON to a file.
pub(crate) fn write_json<T: Serialize>(path: &Path, document: &T) -> Result<(), CliError> {
    let text = json_of(document).map_err(|cause| CliError::Write { path: path.to_owned(), cause })?;
    write(path, &text)
}

/// Writes a text to a file.
pub(crate) fn write(path: &Path, text: &[u8]) -> Result<(), CliError> {
    std::fs::write(path, text).map_err(|cause| CliError::Write { path: path.to_owned(), cause })
}

/// Returns a document as JSON.
pub(crate) fn json_of<T: Serialize>(document: &T) -> std::io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(document)?;
    text.push(b'\n');
    Ok(text)
}

/// Returns whether a path that is to be written stands for standard output.
pub(crate) fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Prints the mistakes of specs: as JSON on standard output where that was asked for, else on standard error.
pub(crate) fn report_mistakes(
    as_json: bool,
    diagnostics: &[Diagnostic],
    sources: &[Source],
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    if as_json {
        return print_json(console, &diagnostics);
    }
    let colour = if console.colour { Colour::Always } else { Colour::Never };
    console.say(&vfctl_spec::render(diagnostics, sources, colour));
    Ok(())
}
