//! Many requests in one call, and one acknowledgement for each.

use nix::errno::Errno;

use super::ack::Ack;
use super::socket::{NetlinkError, Socket};
use super::wire::{Message, messages};
use crate::child::Answers;

/// How many requests go into one call: the acknowledgements of so many fit into any receive buffer.
pub(crate) const BATCH: usize = 128;

/// Sends up to [`BATCH`] requests in one call and drains all acknowledgements. The kernel goes on after a refused one,
/// so they must not depend on one another.
///
/// # Errors
/// Where the kernel keeps them, or the answer is lost as a whole: nobody knows how many it has worked off.
pub(crate) fn send_batch<'a>(
    socket: &mut Socket<'_>,
    requests: impl IntoIterator<Item = &'a Message>,
) -> Result<Vec<Ack>, NetlinkError> {
    let first = socket.upcoming_sequence();
    let mut bytes = Vec::new();
    let mut acks = Vec::with_capacity(BATCH);
    for request in requests {
        request.append_to(&mut bytes, socket.next_sequence());
        acks.push(Ack::Lost);
    }
    match socket.send(&bytes, Answers::Acks) {
        // The socket refuses before the kernel looks at the first message.
        Err(NetlinkError::Socket(error)) => {
            let errno = error.raw_os_error().map_or(Errno::EIO, Errno::from_raw);
            return Ok(acks.iter().map(|_| Ack::Refused(errno, None)).collect());
        }
        sent => sent?,
    }
    let (mut missing, mut overruns) = (acks.len(), 0);
    while missing > 0 {
        match socket.receive() {
            Ok(Some(datagram)) => {
                for message in messages(datagram) {
                    let Some(ack) = Ack::read(&message) else { continue };
                    let place = usize::try_from(message.sequence_number().wrapping_sub(first)).ok();
                    let lost = place.and_then(|place| acks.get_mut(place));
                    let Some(lost) = lost.filter(|ack| **ack == Ack::Lost) else { continue };
                    *lost = ack;
                    missing -= 1;
                }
            }
            // ENOBUFS says once that some were dropped; the others can still be received.
            Err(error) if error.raw_os_error() == Some(Errno::ENOBUFS as i32) && overruns < 3 => {
                overruns += 1
            }
            Ok(None) | Err(_) => break,
        }
    }
    Ok(acks)
}

#[cfg(test)]
mod tests {
    use netlink_packet_core::NLM_F_ACK;

    use super::super::link::link_request;
    use super::*;

    #[test]
    fn each_ack_belongs_to_its_own_request() {
        let mut socket = Socket::open().expect("a netlink socket");
        // The loopback interface is number 1 of every namespace, and nobody has the other.
        let requests = [1, i32::MAX.cast_unsigned(), 1].map(|index| link_request(index, NLM_F_ACK, &[]));
        for _ in 0..2 {
            let acks = send_batch(&mut socket, &requests).expect("answered");
            let refused = Ack::Refused(Errno::ENODEV, None);
            assert_eq!(acks, [Ack::Accepted, refused, Ack::Accepted]);
        }
    }
}
