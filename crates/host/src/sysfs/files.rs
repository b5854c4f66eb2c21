//! Small files, links and folders.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use crate::errno::io_cause;

/// Returns a file's text without the white space around it.
pub(crate) fn text(path: &Path) -> io::Result<String> {
    let mut text = fs::read_to_string(path)?;
    text.truncate(text.trim_end().len());
    Ok(text)
}

/// Returns the bytes of a file of the kernel's that is shorter than `LENGTH`: its text is made when it is read first, so that
/// one read has all of it.
pub(crate) fn read_short<const LENGTH: usize>(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; LENGTH];
    let length = File::open(path)?.read(&mut bytes)?;
    bytes.truncate(length);
    Ok(bytes)
}

/// Returns a file's text, or `None` where there is no such file.
pub(crate) fn optional_text(path: &Path) -> io::Result<Option<String>> {
    match text(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Returns what a file holds; `None` where there is no such file. What cannot be read or understood is added
/// to `unread`.
pub(crate) fn value<T: FromStr>(path: &Path, unread: &mut Vec<String>) -> Option<T> {
    match optional_text(path) {
        Ok(Some(text)) => match text.parse() {
            Ok(value) => Some(value),
            Err(_) => {
                unread.push(format!("{}: unexpected content `{text}`", path.display()));
                None
            }
        },
        Ok(None) => None,
        Err(error) => {
            unread.push(format!("{}: {}", path.display(), io_cause(&error)));
            None
        }
    }
}

/// Returns the last part of what a link points to; `None` where there is no such link.
pub(crate) fn link_name<T: FromStr>(path: &Path) -> Option<T> {
    fs::read_link(path).ok()?.file_name()?.to_str()?.parse().ok()
}

/// Returns the names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        if let Some(name) = entry?.file_name().to_str() {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Returns the names in a folder that are a `T`; none where there is no such folder.
pub(crate) fn named<T: FromStr>(folder: &Path) -> Vec<T> {
    names(folder).unwrap_or_default().iter().filter_map(|name| name.parse().ok()).collect()
}

/// Returns the number in a file name of the form prefix and number.
pub(crate) fn numbered<T: FromStr>(name: &OsStr, prefix: &str) -> Option<T> {
    name.to_str()?.strip_prefix(prefix)?.parse().ok()
}
