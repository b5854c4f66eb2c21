//! The kernel's answer to one request: acknowledged, or refused with a number and perhaps words.

use nix::errno::Errno;

use super::wire::{Received, find, kind, text, u32_at};

/// Words of the kernel beside its error number (enum nlmsgerr_attrs, include/uapi/linux/netlink.h).
const NLMSGERR_ATTR_MSG: u16 = 1;

/// What the kernel said to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The error; `None` where it was acknowledged.
    pub(crate) errno: Option<Errno>,
    /// What the kernel added in words.
    pub(crate) words: Option<String>,
}

impl Answer {
    /// Reads an `NLMSG_ERROR` or `NLMSG_DONE`; `None` for every other message.
    pub(crate) fn read(message: &Received<'_>) -> Option<Self> {
        if message.kind != kind::NLMSG_ERROR && message.kind != kind::NLMSG_DONE {
            return None;
        }
        let code = match u32_at(message.payload, 0) {
            Some(code) => code.cast_signed(),
            // A DONE of an old kernel carries no code.
            None => 0,
        };
        let errno = (code != 0).then(|| Errno::from_raw(code.saturating_neg()));
        let words = words(message).filter(|words| !words.is_empty()).map(str::to_owned);
        Some(Self { errno, words })
    }
}

/// Returns the words after the error number and the echoed request.
fn words<'a>(message: &Received<'a>) -> Option<&'a str> {
    if message.flags & kind::NLM_F_ACK_TLVS == 0 {
        return None;
    }
    // The request's header always follows an error's number; its body only where the answer is not capped.
    let skipped = if message.kind == kind::NLMSG_DONE {
        4
    } else if message.flags & kind::NLM_F_CAPPED != 0 {
        20
    } else {
        4 + usize::try_from(u32_at(message.payload, 4)?).ok()?.next_multiple_of(4)
    };
    text(find(message.payload.get(skipped..)?, NLMSGERR_ATTR_MSG)?)
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
