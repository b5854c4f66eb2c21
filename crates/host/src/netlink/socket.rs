//! A private netlink socket: one request, its whole answer.
//!
//! The kernel works a request off inside the caller's `sendmsg`, so an answer is there or lost when that
//! returns: nothing here waits, and no time limit would bound it.

use std::io;

use netlink_packet_core::{DecodeError, NLM_F_DUMP_INTR};
use netlink_sys::protocols::{NETLINK_GENERIC, NETLINK_ROUTE};
use netlink_sys::{Socket as RawSocket, SocketAddr};
use nix::errno::Errno;
use nix::libc::{MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC};
use nix::sys::socket::{setsockopt, sockopt};

use super::ack::Ack;
use super::dump::{Dump, Unread};
use super::wire::{Message, Received, messages};

/// Room for the answers of a full batch (measured: the default loses all past 256).
const RECEIVE_BUFFER: usize = 8 << 20;
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
    /// The reply was lost, or has no end.
    #[error("the kernel's answer is not whole")]
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
pub(crate) struct Socket {
    raw: RawSocket,
    sequence: u32,
    buffer: Vec<u8>,
}

impl Socket {
    /// Opens a socket for interfaces, in the calling thread's network namespace.
    pub(crate) fn open() -> io::Result<Self> {
        Self::of_protocol(NETLINK_ROUTE)
    }

    /// Opens a socket for generic netlink.
    pub(crate) fn open_generic() -> io::Result<Self> {
        Self::of_protocol(NETLINK_GENERIC)
    }

    /// Opens a socket that hears only the kernel.
    fn of_protocol(protocol: isize) -> io::Result<Self> {
        let mut raw = RawSocket::new(protocol)?;
        // Without CAP_NET_ADMIN the forced size is refused; then the highest that is allowed has to do.
        if setsockopt(&raw, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
            setsockopt(&raw, sockopt::RcvBuf, &RECEIVE_BUFFER)?;
        }
        raw.bind_auto()?;
        raw.connect(&SocketAddr::new(0, 0))?;
        // Old kernels know neither; then errors come without words.
        let (_, _) = (raw.set_ext_ack(true), raw.set_cap_ack(true));
        Ok(Self { raw, sequence: 0, buffer: Vec::new() })
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

    /// Sends these messages in one call.
    pub(crate) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let sent = self.raw.send(bytes, 0)?;
        if sent == bytes.len() { Ok(()) } else { Err(io::Error::from(io::ErrorKind::WriteZero)) }
    }

    /// Receives one datagram whole, however long it is; `None` where no more is there.
    pub(crate) fn receive(&mut self) -> io::Result<Option<&[u8]>> {
        self.buffer.clear();
        match retried(|| self.raw.recv(&mut self.buffer, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
            Ok(size) => self.receive_within(size),
        }
    }

    /// Receives one datagram that is known to be short; `None` where no more is there.
    pub(crate) fn receive_short(&mut self) -> io::Result<Option<&[u8]>> {
        self.receive_within(0)
    }

    /// Receives one datagram of up to this size, or of 32 KiB, from which the kernel also learns how much of a
    /// dump to send at once.
    fn receive_within(&mut self, size: usize) -> io::Result<Option<&[u8]>> {
        self.buffer.clear();
        self.buffer.reserve(size.max(32 << 10));
        match retried(|| self.raw.recv(&mut self.buffer, MSG_TRUNC | MSG_DONTWAIT)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
            Ok(whole) if whole > self.buffer.len() => {
                Err(io::Error::from_raw_os_error(Errno::EMSGSIZE as i32))
            }
            Ok(_) => Ok(Some(&self.buffer)),
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
        self.send(&request.finish(sequence))?;
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Consistency {
    Whole,
    Interrupted,
}

/// Tries again where a signal came between.
fn retried<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
