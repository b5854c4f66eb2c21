//! How commands end, and with which code.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is as it should be.
    Done,
    /// Something failed, was refused or is blocked.
    Failed,
    /// `plan` found changes.
    Changes,
    /// All that differs is held by others.
    Held,
    /// `plan` found changes that disrupt users, which is to count as a failure.
    Disrupts,
    /// The user stopped it.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Changes => 2,
            Exit::Held => 4,
            Exit::Disrupts => 5,
            Exit::Interrupted => 130,
        })
    }
}
