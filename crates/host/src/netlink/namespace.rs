//! The number by which one network namespace knows another.

use std::os::fd::{AsRawFd, BorrowedFd};

use super::socket::{NetlinkError, Socket};
use super::wire::{Message, find, kind, u32_at};

/// Attributes of `RTM_GETNSID` (include/uapi/linux/net_namespace.h).
const NETNSA_NSID: u16 = 1;
const NETNSA_FD: u16 = 3;
/// Length of `struct rtgenmsg`, padded.
const HEADER: usize = 4;

/// Returns the number that the socket's namespace has for the other; `None` where it has none, so that nothing in it
/// refers to the other.
pub(crate) fn number_of(socket: &mut Socket, other: BorrowedFd<'_>) -> Result<Option<i32>, NetlinkError> {
    let mut request = Message::new(kind::RTM_GETNSID, kind::NLM_F_ACK);
    request.put(&[0; HEADER]);
    request.attribute(NETNSA_FD, &other.as_raw_fd().to_ne_bytes());
    let mut number = None;
    socket.ask(request, |message| {
        if message.kind == kind::RTM_NEWNSID {
            let payload = message.payload.get(HEADER..).and_then(|attributes| find(attributes, NETNSA_NSID));
            number = payload.and_then(|payload| u32_at(payload, 0)).map(u32::cast_signed);
        }
    })?;
    // NETNSA_NSID_NOT_ASSIGNED is -1.
    Ok(number.filter(|number| *number >= 0))
}
