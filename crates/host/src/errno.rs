//! Error numbers of the kernel in words.

use std::io;

use nix::errno::Errno;
use vfctl_port::OpError;

/// Returns name and meaning, such as `EBUSY: device or resource busy`.
pub(crate) fn cause(errno: Errno) -> String {
    let meaning = errno.desc();
    let mut letters = meaning.chars();
    let meaning = match (letters.next(), letters.next()) {
        // An abbreviation such as `RPC` keeps its capitals.
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            first.to_lowercase().chain(std::iter::once(second)).chain(letters).collect()
        }
        _ => meaning.to_owned(),
    };
    format!("{errno:?}: {meaning}")
}

/// Returns what an I/O error says, by its number where it has one.
pub(crate) fn io_cause(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(errno) => cause(Errno::from_raw(errno)),
        None => error.to_string(),
    }
}

/// Returns the refusal with this number and what the kernel added in words.
pub(crate) fn refusal(errno: Errno, detail: Option<String>) -> OpError {
    OpError { errno: Some(errno as i32), cause: cause(errno), detail }
}

/// Returns a refusal that is not the kernel's.
pub(crate) fn own_refusal(cause: impl Into<String>) -> OpError {
    OpError { errno: None, cause: cause.into(), detail: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cause_names_the_number_and_begins_in_lower_case() {
        assert_eq!(cause(Errno::EBUSY), "EBUSY: device or resource busy");
        assert_eq!(cause(Errno::EOPNOTSUPP), "EOPNOTSUPP: operation not supported on transport endpoint");
        assert_eq!(cause(Errno::EIO), "EIO: I/O error");
    }
}
