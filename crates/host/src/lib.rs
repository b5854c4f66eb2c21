//! Linux as an edge: facts from sysfs, procfs and netlink, and operations as stores and messages.
//!
//! No judgement lives here: facts are handed over as the kernel gives them, and an operation is performed
//! because a plan has it, not because of what is found. The one exception is named where it stands: a write
//! that would block in the kernel without end is not begun.
#![allow(clippy::disallowed_methods, reason = "this edge reads files, tells the time and starts processes")]

mod child;
mod clock;
mod errno;
mod ethtool;
mod host;
mod netlink;
mod observe;
mod perform;
mod processes;
mod roots;
mod stuck;
mod sysfs;
mod traffic;
mod users;

pub use child::run_store_child;
pub use clock::{SystemClock, install_signal_handlers};
pub use host::{HostOptions, LinuxHost, host_name};
pub use roots::Roots;
