//! One line of a journal: an entry with its number, its time and a checksum over its very bytes.

use serde::Deserialize;
use serde::de::IgnoredAny;
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

/// What says of a line which one it is.
#[derive(Deserialize)]
struct Numbered {
    line: u64,
}

/// A line as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineText<'a> {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    /// The line's number, from 1.
    line: u64,
    at: String,
    /// CRC-32 (ISO/IEC 3309) over the number, the time and the entry, as eight hex digits.
    crc32: String,
    #[serde(borrow)]
    entry: &'a RawValue,
}

/// Returns the line of an entry, with its end. Entries of thousands of ops are written into one buffer and not copied: the
/// line is that of [`LineText`] with a checksum that is put in afterwards.
pub(crate) fn encode(number: u64, entry: &JournalEntry) -> serde_json::Result<Vec<u8>> {
    let at = timestamp::now().to_string();
    let mut line = format!(r#"{{"format":"{FORMAT}","line":{number},"at":"{at}","crc32":""#).into_bytes();
    let checksum_at = line.len();
    line.extend_from_slice(br#"00000000","entry":"#);
    let entry_at = line.len();
    serde_json::to_writer(&mut line, entry)?;
    let crc32 = checksum(number, &at, line.get(entry_at..).unwrap_or_default());
    if let Some(place) = line.get_mut(checksum_at..checksum_at + crc32.len()) {
        place.copy_from_slice(crc32.as_bytes());
    }
    line.extend_from_slice(b"}\n");
    Ok(line)
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
    if checksum(number, &line.at, line.entry.get().as_bytes()) != line.crc32 {
        return Err(LineError::Damaged("its checksum is wrong".to_owned()));
    }
    serde_json::from_str(line.entry.get()).map_err(unreadable)
}

/// Reads a line by itself, without its end: it may have any number.
///
/// # Errors
/// Says what is wrong with it.
pub(crate) fn decode_alone(bytes: &[u8]) -> Result<JournalEntry, LineError> {
    let unreadable = |error: serde_json::Error| LineError::Damaged(error.to_string());
    let Numbered { line } = serde_json::from_slice(bytes).map_err(unreadable)?;
    decode(line, bytes)
}

fn checksum(number: u64, at: &str, entry: &[u8]) -> String {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(format!("{number} {at} ").as_bytes());
    hasher.update(entry);
    format!("{:08x}", hasher.finalize())
}
