//! Error numbers of the kernel in words.

use std::error::Error;
use std::io;

use nix::errno::Errno;
use vfctl_port::OpError;

/// Returns name and meaning, such as `EBUSY: device or resource busy`.
pub(crate) fn cause(errno: Errno) -> String {
    // The C library's words, which people find when they search for them.
    let text = io::Error::from_raw_os_error(errno as i32).to_string();
    let meaning = text.split_once(" (os error").map_or(text.as_str(), |(meaning, _)| meaning);
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

/// Returns what an error says and what was behind it, each once: for facts, which keep reasons as text.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        // An I/O error says what its own cause says, too.
        if let Some(error) = error.downcast_ref::<io::Error>() {
            words.push(io_cause(error));
            break;
        }
        words.push(error.to_string());
        next = error.source();
    }
    words.join(": ")
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
        assert_eq!(cause(Errno::EOPNOTSUPP), "EOPNOTSUPP: operation not supported");
        assert_eq!(cause(Errno::ERANGE), "ERANGE: numerical result out of range");
        assert_eq!(cause(Errno::EIO), "EIO: input/output error");
    }

    #[test]
    fn chain_names_the_cause_behind_an_error() {
        let socket =
            crate::netlink::NetlinkError::Socket(io::Error::from_raw_os_error(Errno::ENOBUFS as i32));
        assert_eq!(chain(&socket), "netlink socket: ENOBUFS: no buffer space available");
        let words = io::Error::other("the visit ended early");
        assert_eq!(chain(&words), "the visit ended early");
    }
}
