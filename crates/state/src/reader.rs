//! Reads journals, and says where a crash tore one.

use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use vfctl_port::JournalEntry;

use crate::error::StateError;
use crate::folder;
use crate::line::{self, LineError};

/// More bytes than the line has that ends a journal; that has some 150.
const LONGEST_END: u64 = 4096;

/// What a journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRead {
    /// The journal's file.
    pub path: PathBuf,
    /// Its entries, in order.
    pub entries: Vec<JournalEntry>,
    /// Its last line, where that was not written whole.
    pub torn: Option<Torn>,
}

impl JournalRead {
    /// Returns whether an apply began. Where the very first line is missing or torn, nothing was: each line is on
    /// stable storage before what it speaks of.
    pub fn has_begun(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry, JournalEntry::Began { .. }))
    }

    /// Returns whether the apply came to its end, well or not.
    pub fn has_ended(&self) -> bool {
        matches!(self.entries.last(), Some(JournalEntry::Ended { .. }))
    }
}

/// A last line that was not written whole: what it says was never begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// The line's number, from 1.
    pub line: u64,
    /// How many bytes of it there are.
    pub bytes: usize,
}

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, bytes } = self;
        write!(f, "line {line}, the last, was not written whole ({bytes} bytes of it are there)")
    }
}

/// Reads the journals of the state folder, newest first; none where there is no folder. Those in which no apply
/// began say nothing and are left out. Each is read when it is asked for.
///
/// # Errors
/// Where the folder cannot be read; of each journal, where [`read_journal`] has one.
pub fn kept_journals(
    folder: &Path,
) -> Result<impl Iterator<Item = Result<JournalRead, StateError>>, StateError> {
    let numbers = if folder.exists() { folder::journals(folder)? } else { Vec::new() };
    let folder = folder.to_owned();
    let journals = numbers.into_iter().rev();
    let journals = journals.map(move |number| read_journal(&folder::journal_file(&folder, number)));
    Ok(journals.filter(|journal| journal.as_ref().map_or(true, JournalRead::has_begun)))
}

/// Returns whether every apply that has a journal did all that it was to do, by the last lines alone: the facts of before,
/// which a journal begins with, are long to read.
///
/// # Errors
/// Where the folder or a journal cannot be read.
pub fn all_converged(folder: &Path) -> Result<bool, StateError> {
    let numbers = if folder.exists() { folder::journals(folder)? } else { Vec::new() };
    for number in numbers {
        let last = last_line(&folder::journal_file(folder, number))?;
        if last.is_empty() {
            continue;
        }
        let entry = last.strip_suffix(b"\n").and_then(|line| line::decode_alone(line).ok());
        if !matches!(entry, Some(JournalEntry::Ended { converged: true })) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns a file's last line with its end, if it has one; nothing of an empty file. A line that is longer than the one
/// that ends a journal is returned without its begin.
fn last_line(path: &Path) -> Result<Vec<u8>, StateError> {
    let read = || {
        let mut file = folder::open_options().read(true).open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_END)))?;
        let mut bytes = Vec::new();
        file.take(LONGEST_END).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes =
        read().map_err(|source| StateError::Journal { action: "read", path: path.to_owned(), source })?;
    Ok(bytes.split_inclusive(|byte| *byte == b'\n').next_back().unwrap_or_default().to_owned())
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, StateError> {
    let mut bytes = Vec::new();
    folder::open_options()
        .read(true)
        .open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|source| StateError::Journal { action: "read", path: path.to_owned(), source })?;
    Ok(bytes)
}

/// Reads a journal. Only its last line may be damaged: each line was on stable storage before the next was begun.
///
/// # Errors
/// Where it cannot be read, is of another version, or has a damaged line that is not its last.
pub fn read_journal(path: &Path) -> Result<JournalRead, StateError> {
    let bytes = read_bytes(path)?;
    let mut read = JournalRead { path: path.to_owned(), entries: Vec::new(), torn: None };
    let mut lines = (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')).peekable();
    while let Some((number, line)) = lines.next() {
        let whole = line.strip_suffix(b"\n").ok_or_else(|| LineError::Damaged("it has no end".to_owned()));
        match whole.and_then(|line| line::decode(number, line)) {
            Ok(entry) => read.entries.push(entry),
            Err(LineError::OtherVersion(version)) => {
                return Err(StateError::OtherVersion { path: path.to_owned(), version });
            }
            Err(LineError::Damaged(_)) if lines.peek().is_none() => {
                read.torn = Some(Torn { line: number, bytes: line.len() });
            }
            Err(LineError::Damaged(why)) => {
                return Err(StateError::Damaged { path: path.to_owned(), line: number, why });
            }
        }
    }
    Ok(read)
}
