//! A private netlink socket of this process.
//!
//! The kernel works a request off inside the caller's `sendmsg`, and each further part of a dump inside `recvmsg`:
//! nothing here waits for an answer, and no time limit would bound either call. So it is for children only.

use std::io;

use netlink_sys::protocols::{NETLINK_GENERIC, NETLINK_ROUTE};
use netlink_sys::{Socket as RawSocket, SocketAddr};
use nix::errno::Errno;
use nix::libc::{MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC};
use nix::sys::socket::{setsockopt, sockopt};

/// Room for the answers of a full batch (measured: the default loses all past 256).
const RECEIVE_BUFFER: usize = 8 << 20;

/// A socket of one user.
#[derive(Debug)]
pub(crate) struct OwnSocket {
    raw: RawSocket,
    buffer: Vec<u8>,
}

impl OwnSocket {
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
        Ok(Self { raw, buffer: Vec::new() })
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
