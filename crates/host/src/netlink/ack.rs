//! The kernel's acknowledgement of one request: accepted, or refused with an error number and perhaps words.

use std::num::NonZeroI32;

use netlink_packet_core::{
    DoneBuffer, ErrorBuffer, NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_DONE, NLMSG_ERROR, NlasIterator,
    parse_string, parse_u32,
};
use nix::errno::Errno;

use super::wire::Received;

/// Words of the kernel beside its error number (enum nlmsgerr_attrs, include/uapi/linux/netlink.h).
const NLMSGERR_ATTR_MSG: u16 = 1;
/// Length of `struct nlmsghdr`.
const MESSAGE_HEADER: usize = 16;

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ack {
    /// The kernel did what it was asked.
    Accepted,
    /// The kernel refused, perhaps with words.
    Refused(Errno, Option<String>),
    /// The kernel worked on it, and its acknowledgement was lost.
    Lost,
}

impl Ack {
    /// Reads an `NLMSG_ERROR` or `NLMSG_DONE`; `None` for every other message.
    pub(crate) fn read(message: &Received<'_>) -> Option<Self> {
        let (code, rest) = match message.message_type() {
            NLMSG_ERROR => match ErrorBuffer::new_checked(message.payload()) {
                Ok(error) => (error.code().map_or(0, NonZeroI32::get), error.payload()),
                Err(_) => return Some(Self::Lost),
            },
            // A DONE of an old kernel carries no code.
            NLMSG_DONE => DoneBuffer::new_checked(message.payload())
                .map_or((0, &[][..]), |done| (done.code(), done.extended_ack())),
            _ => return None,
        };
        Some(match code {
            0 => Self::Accepted,
            code => Self::Refused(Errno::from_raw(code.saturating_neg()), words(message, rest)),
        })
    }
}

/// Returns the kernel's words, which are an attribute behind the echoed request: no crate reads them.
fn words(message: &Received<'_>, after_code: &[u8]) -> Option<String> {
    if message.flags() & NLM_F_ACK_TLVS == 0 {
        return None;
    }
    // The request's header always follows an error's number; its body only where the echo is not capped.
    let echoed = if message.message_type() == NLMSG_DONE {
        0
    } else if message.flags() & NLM_F_CAPPED != 0 {
        MESSAGE_HEADER
    } else {
        usize::try_from(parse_u32(after_code.get(..4)?).ok()?).ok()?.next_multiple_of(4)
    };
    let mut attributes = NlasIterator::new(after_code.get(echoed..)?).flatten();
    let words = attributes.find(|attribute| attribute.kind() == NLMSGERR_ATTR_MSG)?;
    parse_string(words.value()).ok().filter(|words| !words.is_empty())
}

#[cfg(test)]
#[path = "ack_tests.rs"]
mod tests;
