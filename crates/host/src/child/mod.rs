//! Children of this program for what can hang in the kernel: they can be left behind, threads cannot.
//!
//! A store into sysfs and a read that takes a device's lock sleep without end where a driver waits for its
//! user. The program starts itself again with a hidden first argument; the child does the work and writes
//! each result as it comes; the parent waits as long as it may and then goes on without it.

mod parent;
mod words;
mod work;

pub(crate) use parent::{Children, Reading};
pub(crate) use words::{
    CHILD_NAME, HELD, PART, Read, Returned, STORE, SWITCH, Store, Stored, Switched, WasRead, When,
};
pub use work::run_store_child;
