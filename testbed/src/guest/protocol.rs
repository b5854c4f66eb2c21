//! What host and guest say to each other: one JSON document a line.
//!
//! Files do not travel here; they go through the shared folder.

use serde::{Deserialize, Serialize};

/// The name of the virtio port that carries the conversation.
pub const PORT: &str = "testbed.agent";

/// What the host asks of the guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Ask {
    /// Run a shell command; answered when it has ended.
    Run {
        /// Chosen by the host, repeated in the answer.
        id: u64,
        /// The text given to `sh -c`.
        command: String,
        /// The working folder, in the guest.
        dir: String,
        /// After this many milliseconds the command's processes are killed.
        limit_ms: u64,
    },
    /// Send a signal to all processes of a running command; not answered.
    Signal {
        /// The command's id.
        id: u64,
        /// The signal's number.
        signal: i32,
    },
}

/// What the guest answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Reply {
    /// The agent has started.
    Ready,
    /// A command has ended, or was ended.
    Ended {
        /// The command's id.
        id: u64,
        /// How it ended.
        ending: Ending,
        /// What it wrote to standard output.
        stdout: String,
        /// What it wrote to standard error.
        stderr: String,
    },
    /// A request could not be understood or carried out.
    Failed {
        /// The command's id; `None` when the request could not be read.
        id: Option<u64>,
        /// What went wrong.
        why: String,
    },
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "camelCase", deny_unknown_fields)]
pub enum Ending {
    /// By itself, with this code; 128 and the signal's number when a signal
    /// ended it, as shells count.
    Exit {
        /// The exit code.
        code: i32,
    },
    /// It was killed when its time was up.
    TimedOut,
    /// It was killed when its time was up and is still there, in the kernel.
    Stuck {
        /// The kernel stacks of its processes.
        stacks: String,
    },
}
