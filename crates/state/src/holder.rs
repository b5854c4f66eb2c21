//! Who holds the lock.

use std::fmt;

use jiff::Timestamp;

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A process, as it wrote into the lock's file.
    Process {
        /// The process.
        pid: u32,
        /// Since when.
        since: Timestamp,
    },
    /// Somebody who has not written who.
    Unnamed,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { pid, since } => write!(f, "process {pid} has held it since {since}"),
            Self::Unnamed => f.write_str("another process holds it"),
        }
    }
}
