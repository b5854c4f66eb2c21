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
pub(crate) fn send_batch(socket: &mut Socket, requests: Vec<Message>) -> Vec<Verdict> {
    let mut bytes = Vec::new();
    let mut pending = Vec::with_capacity(requests.len());
    for request in requests {
        let sequence = socket.next_sequence();
        bytes.extend(request.finish(sequence));
        pending.push((sequence, Verdict::Lost));
    }
    if let Err(error) = socket.send(&bytes) {
        // The socket refuses before the kernel looks at the first message.
        let errno = error.raw_os_error().map_or(Errno::EIO, Errno::from_raw);
        return pending.iter().map(|_| Verdict::Refused(errno, None)).collect();
    }
    let mut overruns = 0;
    while pending.iter().any(|(_, verdict)| *verdict == Verdict::Lost) {
        match socket.receive_short() {
            Ok(Some(datagram)) => {
                for message in messages(datagram) {
                    let Some(answer) = Answer::read(&message) else { continue };
                    if let Some((_, verdict)) = pending.iter_mut().find(|(seq, _)| *seq == message.sequence) {
                        *verdict = match answer.errno {
                            None => Verdict::Accepted,
                            Some(errno) => Verdict::Refused(errno, answer.words),
                        };
                    }
                }
            }
            // ENOBUFS says once that answers were dropped; those that were not are still to be had.
            Err(error) if error.raw_os_error() == Some(Errno::ENOBUFS as i32) && overruns < 3 => {
                overruns += 1
            }
            Ok(None) | Err(_) => break,
        }
    }
    pending.into_iter().map(|(_, verdict)| verdict).collect()
}
