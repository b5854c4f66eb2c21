//! Writes documents, to standard output and to files.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use crate::document::Kind;
use crate::error::CliError;
use crate::machine::Console;
use crate::new_file::{NewFile, Replaceable};
use crate::paint::paint;

/// Prints a document as JSON.
pub(crate) fn print_json<T: Serialize>(console: &mut Console<'_>, document: &T) -> Result<(), CliError> {
    // In one piece: standard output writes out each line by itself.
    console.out.write_all(&json_of(document)?)?;
    Ok(())
}

/// Prints a plan or a report for people, in colours where standard output may have some.
pub(crate) fn print_text(console: &mut Console<'_>, text: &str) -> Result<(), CliError> {
    Ok(console.out.write_all(paint(text, console.terminal.colours_out).as_bytes())?)
}

/// Writes the text of a document of this kind to a file, in one piece or not at all.
pub(crate) fn write(path: &Path, text: &[u8], kind: &Kind) -> Result<(), CliError> {
    write_over(path, text, Replaceable::Document(kind))
}

/// Writes a text to a file, where nothing is or over what may be replaced, in one piece or not at all.
pub(crate) fn write_over(path: &Path, text: &[u8], over: Replaceable<'_>) -> Result<(), CliError> {
    let mut file = NewFile::begin_over(path, over)?;
    file.write_all(text).map_err(|cause| CliError::Write { path: path.to_owned(), cause })?;
    file.put()
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
