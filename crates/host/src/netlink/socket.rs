//! A netlink socket: one request, its whole answer.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use netlink_packet_core::{DecodeError, NLM_F_DUMP_INTR};
use nix::errno::Errno;

use super::ack::Ack;
use super::dump::{Dump, Unread};
use super::own::OwnSocket;
use super::relay::{Relay, Unanswered};
use super::wire::{Message, Received, messages};
use crate::child::Answers;

/// How often a dump that changed under way is begun again.
const DUMP_TRIES: u32 = 4;

/// Why a request has no usable answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NetlinkError {
    /// The kernel refused.
    #[error("{}{}", crate::errno::cause(*.0), .1.as_ref().map(|words| format!(" ({words})")).unwrap_or_default())]
    Refused(Errno, Option<String>),
    /// The socket failed.
    #[error("netlink socket")]
    Socket(#[from] io::Error),
    /// The kernel keeps the request.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// The child that speaks to the kernel has ended, and nobody knows what became of the request.
    #[error("the process that asks the kernel for vfctl has ended")]
    RelayEnded,
    /// The reply was lost, or has no end.
    #[error("the kernel's answer is incomplete")]
    NoAnswer,
    /// The reply is whole, and not what was expected.
    #[error("decode the kernel's answer")]
    Decode(#[from] DecodeError),
}

impl NetlinkError {
    /// Returns whether the kernel says that there is no such device, or that it has no such thing.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::Refused(Errno::ENOENT | Errno::ENODEV | Errno::EOPNOTSUPP, _))
    }
}

/// A socket of one user.
#[derive(Debug)]
pub(crate) struct Socket<'r> {
    way: Way<'r>,
    sequence: u32,
}

/// How a socket reaches the kernel.
#[derive(Debug)]
enum Way<'r> {
    /// By this process, which is a child.
    Own(OwnSocket),
    /// By a relay, which can be left behind.
    Relayed { relay: &'r Relay, limit: Duration, answer: VecDeque<io::Result<Vec<u8>>>, last: Vec<u8> },
}

impl<'r> Socket<'r> {
    /// Opens a socket for interfaces, in the calling thread's network namespace.
    pub(crate) fn open() -> io::Result<Self> {
        OwnSocket::open().map(Self::own)
    }

    /// Opens a socket for generic netlink.
    pub(crate) fn open_generic() -> io::Result<Self> {
        OwnSocket::open_generic().map(Self::own)
    }

    /// Returns a socket for interfaces, where the relay is; no request takes longer than `limit`.
    pub(crate) fn relayed(relay: &'r Relay, limit: Duration) -> Self {
        let (answer, last) = (VecDeque::new(), Vec::new());
        Self { way: Way::Relayed { relay, limit, answer, last }, sequence: relay.sequence() }
    }

    fn own(socket: OwnSocket) -> Self {
        Self { way: Way::Own(socket), sequence: 0 }
    }

    /// Takes the next sequence number.
    pub(crate) fn next_sequence(&mut self) -> u32 {
        self.sequence = self.upcoming_sequence();
        self.sequence
    }

    /// Returns the sequence number that will be taken next.
    pub(crate) fn upcoming_sequence(&self) -> u32 {
        self.sequence.wrapping_add(1)
    }

    /// Sends these messages in one call; of a relay's, also receives the answers.
    pub(super) fn send(&mut self, bytes: &[u8], answers: Answers) -> Result<(), NetlinkError> {
        match &mut self.way {
            Way::Own(socket) => socket.send(bytes)?,
            Way::Relayed { relay, limit, answer, .. } => {
                *answer = sent(relay.send(bytes, answers, *limit)?)?;
            }
        }
        Ok(())
    }

    /// Receives one datagram whole, however long it is; `None` where no more is there.
    pub(super) fn receive(&mut self) -> io::Result<Option<&[u8]>> {
        match &mut self.way {
            Way::Own(socket) => socket.receive(),
            Way::Relayed { answer, last, .. } => match answer.pop_front() {
                None => Ok(None),
                Some(Err(error)) => Err(error),
                Some(Ok(datagram)) => {
                    *last = datagram;
                    Ok(Some(last))
                }
            },
        }
    }

    /// Asks for one thing; `each` gets the messages of the answer.
    pub(crate) fn ask(
        &mut self,
        request: Message,
        each: impl FnMut(&Received<'_>),
    ) -> Result<(), NetlinkError> {
        self.exchange(request, each).map(|_| ())
    }

    /// Asks for what there may be any number of. A dump that changed under way is begun again.
    pub(crate) fn dump<T>(
        &mut self,
        request: &Message,
        read: impl Fn(&Received<'_>) -> Option<Result<T, Unread>>,
    ) -> Result<Dump<T>, NetlinkError> {
        for _ in 0..DUMP_TRIES {
            let mut dump = Dump::default();
            let consistency = self.exchange(request.clone(), |message| match read(message) {
                Some(Ok(found)) => dump.found.push(found),
                Some(Err(unread)) => dump.unread.push(unread),
                None => {}
            })?;
            if consistency == Consistency::Whole {
                return Ok(dump);
            }
        }
        Err(NetlinkError::Refused(Errno::EINTR, Some("the table changed while it was read".to_owned())))
    }

    fn exchange(
        &mut self,
        request: Message,
        mut each: impl FnMut(&Received<'_>),
    ) -> Result<Consistency, NetlinkError> {
        let sequence = self.next_sequence();
        self.send(&request.finish(sequence), Answers::Whole)?;
        let (mut consistency, mut answered) = (Consistency::Whole, false);
        while let Some(datagram) = self.receive()? {
            for message in messages(datagram).filter(|message| message.sequence_number() == sequence) {
                if message.flags() & NLM_F_DUMP_INTR != 0 {
                    consistency = Consistency::Interrupted;
                }
                match Ack::read(&message) {
                    Some(Ack::Refused(errno, words)) => return Err(NetlinkError::Refused(errno, words)),
                    Some(Ack::Accepted) => answered = true,
                    Some(Ack::Lost) => return Err(NetlinkError::NoAnswer),
                    None => each(&message),
                }
            }
            if answered {
                return Ok(consistency);
            }
        }
        // Requests carry NLM_F_ACK or NLM_F_DUMP, so each answer has an end.
        Err(NetlinkError::NoAnswer)
    }
}

/// Returns the answer to what was sent; an error alone says that nothing was.
fn sent(answer: Vec<io::Result<Vec<u8>>>) -> Result<VecDeque<io::Result<Vec<u8>>>, NetlinkError> {
    match <[_; 1]>::try_from(answer) {
        Ok([Err(error)]) => Err(error.into()),
        Ok([one]) => Ok(VecDeque::from([one])),
        Err(answer) => Ok(answer.into()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Consistency {
    Whole,
    Interrupted,
}
