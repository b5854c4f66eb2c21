//! What a dump brought: what could be decoded, and what could not.

use netlink_packet_core::DecodeError;

/// The messages of a dump.
#[derive(Debug)]
pub(crate) struct Dump<T> {
    pub(crate) found: Vec<T>,
    pub(crate) unread: Vec<Unread>,
}

impl<T> Dump<T> {
    /// Adds what another one brought.
    pub(crate) fn append(&mut self, other: Self) {
        let Self { found, unread } = other;
        self.found.extend(found);
        self.unread.extend(unread);
    }
}

impl<T> Default for Dump<T> {
    fn default() -> Self {
        Self { found: Vec::new(), unread: Vec::new() }
    }
}

/// A message that could not be decoded; says what it is about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// An interface, by its name or else its number.
    #[error("network interface {interface}")]
    Link { interface: String, source: DecodeError },
    /// An address of the interface with this number.
    #[error("an address of network interface number {index}")]
    Address { index: u32, source: DecodeError },
    /// A default route.
    #[error("a default route")]
    DefaultRoute { source: DecodeError },
    /// A port of some device.
    #[error("a devlink port")]
    DevlinkPort { source: DecodeError },
}
