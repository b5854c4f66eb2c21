//! The state folder: the lock that lets one writer in, and the journal of what an apply did.
//!
//! What the entries mean is not known here: `port` says what they are, `apply` when they are written.
#![allow(clippy::disallowed_methods, reason = "files and the time of day are this crate's business")]

mod error;
mod folder;
mod holder;
mod journal;
mod line;
mod lock;
mod reader;
mod timestamp;

pub use error::StateError;
pub use folder::check_usable;
pub use holder::Holder;
pub use journal::{FileJournal, KEPT_JOURNALS};
pub use lock::Lock;
pub use reader::{JournalRead, Torn, all_converged, kept_journals, read_journal};
