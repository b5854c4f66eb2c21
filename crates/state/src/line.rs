//! One line of a journal: an entry with its number, its time and a checksum over its very bytes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use vfctl_port::JournalEntry;

use crate::timestamp;

/// The version of a line's format.
const FORMAT: &str = "vfctl.dev/journal/v1";

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LineError {
    /// It is whole, and of a version that this program does not know.
    OtherVersion(String),
    /// It is not as it was written; the text says why.
    Damaged(String),
}

/// What a line of any version has.
#[derive(Deserialize)]
struct Versioned {
    format: String,
}

/// A line as it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineText<'a> {
    format: &'a str,
    /// The line's number, from 1.
    line: u64,
    at: String,
    /// CRC-32 (ISO/IEC 3309) over the number, the time and the entry, as eight hex digits.
    crc32: String,
    #[serde(borrow)]
    entry: &'a RawValue,
}

/// Returns the line of an entry, with its end.
pub(crate) fn encode(number: u64, entry: &JournalEntry) -> serde_json::Result<String> {
    let entry = serde_json::value::to_raw_value(entry)?;
    let at = timestamp::now().to_string();
    let crc32 = checksum(number, &at, entry.get());
    let line = LineText { format: FORMAT, line: number, at, crc32, entry: &entry };
    Ok(serde_json::to_string(&line)? + "\n")
}

/// Reads the line with this number, without its end.
///
/// # Errors
/// Says what is wrong with it.
pub(crate) fn decode(number: u64, bytes: &[u8]) -> Result<JournalEntry, LineError> {
    let unreadable = |error: serde_json::Error| LineError::Damaged(error.to_string());
    let Versioned { format } = serde_json::from_slice(bytes).map_err(unreadable)?;
    if format != FORMAT {
        return Err(LineError::OtherVersion(format));
    }
    let line: LineText<'_> = serde_json::from_slice(bytes).map_err(unreadable)?;
    if line.line != number {
        return Err(LineError::Damaged(format!("it says that it is line {}", line.line)));
    }
    if checksum(number, &line.at, line.entry.get()) != line.crc32 {
        return Err(LineError::Damaged("its checksum is wrong".to_owned()));
    }
    serde_json::from_str(line.entry.get()).map_err(unreadable)
}

fn checksum(number: u64, at: &str, entry: &str) -> String {
    format!("{:08x}", crc32fast::hash(format!("{number} {at} {entry}").as_bytes()))
}
