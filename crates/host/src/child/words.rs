//! What parent and child say to each other.

use std::ffi::CStr;
use std::path::PathBuf;

/// The hidden first argument of a child that stores: `WHEN PATH VALUE` follow, as often as wanted.
pub(crate) const STORE: &str = "__store";
/// The hidden first argument of a child that sets the mode of an embedded switch: `DEVICE MODE` follow.
pub(crate) const SWITCH: &str = "__switch";
/// The hidden first argument of a child that reads: `KIND NAME` follow, as often as wanted.
pub(super) const READ: &str = "__read";
/// What `/proc/*/comm` says of a child that stores.
pub(crate) const CHILD_NAME: &CStr = c"vfctl-store";

/// The words for [`When`].
pub(super) const THEN: &str = "then";
pub(super) const ALWAYS: &str = "always";
/// The words for [`Read`].
pub(super) const LINE: &str = "line";
pub(super) const ESWITCH: &str = "eswitch";
pub(super) const REPRESENTORS: &str = "representors";
pub(super) const OPEN: &str = "open";
/// What a child that opens a file says where somebody else has it: the kernel answers EBUSY.
pub(crate) const HELD: &str = "held";

/// One write of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Store {
    pub(crate) path: PathBuf,
    pub(crate) value: String,
    pub(crate) when: When,
}

/// When a write is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// If all before it went well.
    ThenOnly,
    /// In any case: it takes something back.
    Always,
}

/// What became of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    Done,
    /// The kernel's error number, where it is the kernel's.
    Failed(Option<i32>),
    /// One before it failed.
    Skipped,
}

/// What became of a request for another mode of an embedded switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Switched {
    Done,
    /// The kernel's error number, and what it says besides.
    Refused(i32, Option<String>),
}

/// One read of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read {
    /// The first line of a file.
    FirstLine(PathBuf),
    /// The mode of the embedded switch of the device with this bus and name.
    EswitchMode(String),
    /// The representors of VFs of the device with this bus and name: `0=eth4 1=eth5`.
    Representors(String),
    /// Whether a file that only one may have open can be opened: [`HELD`] where somebody else has it.
    Opens(PathBuf),
}

/// What became of one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WasRead {
    Text(String),
    /// There is no such thing.
    Absent,
    Failed(String),
}

/// How a child came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Returned<T> {
    /// With the results of all.
    Whole(Vec<T>),
    /// Not in time: it has these results and still works on the next.
    Left { results: Vec<T>, pid: u32 },
    /// Dead, with the results up to then.
    Dead(Vec<T>),
}
