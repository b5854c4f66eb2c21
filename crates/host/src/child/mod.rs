//! Children of this program for what can hang in the kernel: they can be left behind, threads cannot.
//!
//! A store into sysfs, a read that takes a device's lock and a request to netlink sleep without end where a driver
//! waits for its user or its firmware. The program starts itself again with a hidden first argument; the child does the
//! work and writes each result as it comes; the parent waits as long as it may and then goes on without it.

mod frames;
mod parent;
mod relay;
mod words;
mod work;

pub(crate) use frames::{Answers, Frame};
pub(crate) use parent::{Bounded, Children, Input, Reading, Slot, StartedRelay, start_relay};
pub(crate) use words::{
    CHILD_NAME, HELD, PART, RELAY, Read, Returned, STORE, SWITCH, Store, Stored, Switched, WasRead, When,
};
pub use work::run_store_child;
