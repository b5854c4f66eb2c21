//! Many requests in one call, and one verdict for each.

use nix::errno::Errno;

use super::answer::Answer;
use super::socket::Socket;
use super::wire::{Message, messages};

/// How many requests go into one call: the answers of so many fit into any receive buffer.
pub(crate) const BATCH: usize = 128;

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The kernel acknowledged it.
    Accepted,
    /// The kernel refused it, perhaps with words.
    Refused(Errno, Option<String>),
    /// The kernel worked on it and its answer was lost.
    Lost,
}

/// Sends up to [`BATCH`] requests in one call and drains all answers. The kernel goes on after a refused one,
/// so they must not depend on one another.
pub(crate) fn send_batch<'a>(
    socket: &mut Socket,
    requests: impl IntoIterator<Item = &'a Message>,
) -> Vec<Verdict> {
    let first = socket.upcoming_sequence();
    let mut bytes = Vec::new();
    let mut verdicts = Vec::with_capacity(BATCH);
    for request in requests {
        request.append_to(&mut bytes, socket.next_sequence());
        verdicts.push(Verdict::Lost);
    }
    if let Err(error) = socket.send(&bytes) {
        // The socket refuses before the kernel looks at the first message.
        let errno = error.raw_os_error().map_or(Errno::EIO, Errno::from_raw);
        return verdicts.iter().map(|_| Verdict::Refused(errno, None)).collect();
    }
    let (mut unanswered, mut overruns) = (verdicts.len(), 0);
    while unanswered > 0 {
        match socket.receive_short() {
            Ok(Some(datagram)) => {
                for message in messages(datagram) {
                    let Some(answer) = Answer::read(&message) else { continue };
                    let place = usize::try_from(message.sequence.wrapping_sub(first)).ok();
                    let lost = place.and_then(|place| verdicts.get_mut(place));
                    let Some(lost) = lost.filter(|verdict| **verdict == Verdict::Lost) else { continue };
                    *lost = match answer.errno {
                        None => Verdict::Accepted,
                        Some(errno) => Verdict::Refused(errno, answer.words),
                    };
                    unanswered -= 1;
                }
            }
            // ENOBUFS says once that answers were dropped; those that were not are still to be had.
            Err(error) if error.raw_os_error() == Some(Errno::ENOBUFS as i32) && overruns < 3 => {
                overruns += 1
            }
            Ok(None) | Err(_) => break,
        }
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use super::super::link::link_request;
    use super::super::wire::kind;
    use super::*;

    #[test]
    fn each_verdict_is_that_of_its_own_request() {
        let mut socket = Socket::open().expect("a netlink socket");
        // The loopback interface is number 1 of every namespace, and nobody has the other.
        let requests = [1, i32::MAX.cast_unsigned(), 1].map(|index| link_request(index, kind::NLM_F_ACK, 0));
        for _ in 0..2 {
            let verdicts = send_batch(&mut socket, &requests);
            let refused = Verdict::Refused(Errno::ENODEV, None);
            assert_eq!(verdicts, [Verdict::Accepted, refused, Verdict::Accepted]);
        }
    }
}
