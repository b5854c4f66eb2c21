//! Why an op was not done.

use vfctl_port::{OpError, Scope};

use crate::errno::Errno;

/// Why an op was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The kernel refused it.
    Refused(Errno),
    /// The edge itself refused it; the text says why.
    ByEdge(String),
    /// The kernel does not come back.
    Hangs,
}

impl Stop {
    /// Returns the refusal of an op on a scope that the edge does not reach.
    pub(crate) fn out_of_reach(scope: &Scope) -> Self {
        Self::ByEdge(format!("{scope} cannot be reached from here"))
    }
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Self::Refused(errno)
    }
}

impl From<Stop> for OpError {
    fn from(stop: Stop) -> Self {
        let own = |cause| Self { errno: None, cause, detail: None };
        match stop {
            Stop::Refused(errno) => errno.into(),
            Stop::ByEdge(cause) => own(cause),
            Stop::Hangs => own("the kernel does not answer".to_owned()),
        }
    }
}
