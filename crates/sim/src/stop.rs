//! Why an op was not done.

use vfctl_port::OpError;

use crate::errno::Errno;

/// Why an op was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The kernel refused it.
    Refused(Errno),
    /// The edge itself refused it, since the kernel would answer with less; the text says why.
    ByEdge(String),
    /// The kernel does not answer.
    Hangs,
}

impl Stop {
    /// Returns what somebody who waits for an answer is told.
    pub(crate) fn told(self) -> OpError {
        let own = |cause| OpError { errno: None, cause, detail: None };
        match self {
            Self::Refused(errno) => errno.into(),
            Self::ByEdge(cause) => own(cause),
            Self::Hangs => own("the kernel does not answer".to_owned()),
        }
    }
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Self::Refused(errno)
    }
}
