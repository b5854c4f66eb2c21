//! The number by which one network namespace knows another.

use netlink_packet_core::{NLM_F_ACK, Parseable};
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};
use nix::libc::{RTM_GETNSID, RTM_NEWNSID};

use super::socket::{NetlinkError, Socket};
use super::wire::Message;

/// Returns the number that the socket's namespace has for that of a process; `None` where it has none, so that nothing in it
/// refers to it.
pub(crate) fn number_of(socket: &mut Socket<'_>, process: u32) -> Result<Option<i32>, NetlinkError> {
    let mut namespace = NsidMessage::default();
    namespace.attributes.push(NsidAttribute::Pid(process));
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
