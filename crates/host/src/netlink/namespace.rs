//! The number by which one network namespace knows another.

use std::os::fd::{AsRawFd, BorrowedFd};

use netlink_packet_core::{NLM_F_ACK, Parseable};
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};
use nix::libc::{RTM_GETNSID, RTM_NEWNSID};

use super::socket::{NetlinkError, Socket};
use super::wire::Message;

/// Returns the number that the socket's namespace has for the other; `None` where it has none, so that nothing in it
/// refers to the other.
pub(crate) fn number_of(socket: &mut Socket, other: BorrowedFd<'_>) -> Result<Option<i32>, NetlinkError> {
    let mut namespace = NsidMessage::default();
    namespace.attributes.push(NsidAttribute::Fd(other.as_raw_fd().cast_unsigned()));
    let mut reply = Ok(NsidMessage::default());
    socket.ask(Message::new(RTM_GETNSID, &namespace, NLM_F_ACK), |message| {
        if message.message_type() == RTM_NEWNSID {
            reply = NsidMessage::parse(message.payload());
        }
    })?;
    let number = reply?.attributes.into_iter().find_map(|attribute| match attribute {
        NsidAttribute::Id(number) => Some(number),
        _ => None,
    });
    // NETNSA_NSID_NOT_ASSIGNED is -1.
    Ok(number.filter(|number| *number >= 0))
}
