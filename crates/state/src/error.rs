//! What can go wrong in the state folder.

use std::io;
use std::path::PathBuf;

use nix::unistd::Uid;

use crate::holder::Holder;

/// Why the state folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The folder is not there and cannot be made, or cannot be read.
    #[error("use the folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Others than root and this user may have written what is in the folder.
    #[error("use the folder `{}`: it belongs to user {owner} and has mode {mode:04o}, so that others can write to it; \
             only its owner may, as after `chown root` and `chmod 0700`", path.display())]
    OpenToOthers {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        owner: Uid,
        /// Its permission bits.
        mode: u32,
    },
    /// Somebody else writes.
    #[error("lock `{}`: {holder}", path.display())]
    Held {
        /// The lock's file.
        path: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// The lock's file cannot be used.
    #[error("lock `{}`", path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A journal cannot be begun, written, read or taken away.
    #[error("{action} the journal `{}`", path.display())]
    Journal {
        /// What was attempted.
        action: &'static str,
        /// The journal's file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A journal that another version of this program wrote.
    #[error("read the journal `{}`: this version does not know its format `{version}`", path.display())]
    OtherVersion {
        /// The journal's file.
        path: PathBuf,
        /// Its format.
        version: String,
    },
    /// A line within a journal is not what was written.
    #[error("read the journal `{}`: line {line} is damaged: {why}", path.display())]
    Damaged {
        /// The journal's file.
        path: PathBuf,
        /// The line's number, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
}

impl StateError {
    /// Returns whether this is no more than an ordinary user who may not read what is root's.
    pub fn is_for_root_alone(&self) -> bool {
        match self {
            Self::Folder { source, .. } | Self::Lock { source, .. } | Self::Journal { source, .. } => {
                source.kind() == io::ErrorKind::PermissionDenied && !Uid::effective().is_root()
            }
            Self::OpenToOthers { .. }
            | Self::Held { .. }
            | Self::OtherVersion { .. }
            | Self::Damaged { .. } => false,
        }
    }
}
