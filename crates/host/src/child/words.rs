//! What parent and child say to each other: a line for each result, which only these functions write and read.

use std::ffi::CStr;
use std::path::PathBuf;

use vfctl_model::InterfaceName;

/// The hidden first argument of a child that stores: `WHEN PATH VALUE` follow, as often as wanted.
pub(crate) const STORE: &str = "__store";
/// The hidden first argument of a child that sets the mode of an embedded switch: `DEVICE WORD VALUE` follow.
pub(crate) const SWITCH: &str = "__switch";
/// The hidden first argument of a child that reads: `KIND NAME` follow, as often as wanted.
pub(super) const READ: &str = "__read";
/// The hidden first argument of a child that sends netlink messages for its parent.
pub(crate) const RELAY: &str = "__relay";
/// The hidden first argument of a child that sends packets between interfaces; its words follow.
pub(super) const TRAFFIC: &str = "__traffic";
/// What `/proc/*/comm` says of a child that changes something.
pub(crate) const CHILD_NAME: &CStr = c"vfctl-store";

/// The words for [`When`].
pub(super) const THEN: &str = "then";
pub(super) const ALWAYS: &str = "always";
/// The words for [`Read`].
pub(super) const LINE: &str = "line";
pub(super) const ESWITCH: &str = "eswitch";
pub(super) const FIRMWARE: &str = "firmware";
pub(super) const OPEN: &str = "open";
/// What stands between the parts of one result.
pub(crate) const PART: char = '\t';
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
    /// The child said something else.
    Unclear(String),
}

impl Stored {
    /// Returns the line that says so.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Done => "ok".to_owned(),
            Self::Failed(Some(errno)) => errno.to_string(),
            Self::Failed(None) => "error".to_owned(),
            Self::Skipped => "skipped".to_owned(),
            Self::Unclear(line) => line.clone(),
        }
    }

    /// Reads such a line.
    pub(super) fn of(line: &str) -> Self {
        match (line, line.parse()) {
            ("ok", _) => Self::Done,
            ("skipped", _) => Self::Skipped,
            ("error", _) => Self::Failed(None),
            (_, Ok(errno)) => Self::Failed(Some(errno)),
            (line, Err(_)) => Self::Unclear(line.to_owned()),
        }
    }
}

/// What became of a request to set something on an embedded switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Switched {
    Done,
    /// The kernel's error number, and what it says besides.
    Refused(i32, Option<String>),
    /// The child said something else.
    Unclear(String),
}

impl Switched {
    /// Returns the line that says so.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Done => "ok".to_owned(),
            Self::Refused(errno, None) => errno.to_string(),
            Self::Refused(errno, Some(words)) => format!("{errno} {words}"),
            Self::Unclear(line) => line.clone(),
        }
    }

    /// Reads such a line.
    pub(super) fn of(line: &str) -> Self {
        let (number, words) = line.split_once(' ').unwrap_or((line, ""));
        match number.parse() {
            Ok(errno) => Self::Refused(errno, (!words.is_empty()).then(|| words.to_owned())),
            Err(_) if line == "ok" => Self::Done,
            Err(_) => Self::Unclear(line.to_owned()),
        }
    }
}

/// One read of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read {
    /// The first line of a file.
    FirstLine(PathBuf),
    /// Mode, inline mode and encap mode of the embedded switch of the device with this bus and name, with a [`PART`] between
    /// them, and behind another the representors of its VFs, `0=eth4 1=eth5`, or `!` and why they could not be read.
    Eswitch(String),
    /// The version of the firmware of this interface's card, as `ethtool -i` shows it.
    Firmware(InterfaceName),
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

impl WasRead {
    /// Returns the line that says so.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Text(text) => format!("={text}"),
            Self::Absent => "-".to_owned(),
            Self::Failed(why) => format!("!{why}"),
        }
    }

    /// Reads such a line.
    pub(super) fn of(line: &str) -> Self {
        match line.split_at_checked(1) {
            Some(("=", text)) => Self::Text(text.to_owned()),
            Some(("!", why)) => Self::Failed(why.to_owned()),
            Some(("-", "")) => Self::Absent,
            _ => Self::Failed(format!("the child that reads said `{line}`")),
        }
    }
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

/// Returns a result as one line: words of the kernel may have line feeds of their own.
pub(super) fn escaped(result: &str) -> String {
    result.replace('\\', "\\\\").replace('\n', "\\n")
}

/// Returns the result that became this line.
pub(super) fn unescaped(line: &str) -> String {
    let mut result = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            result.extend(letters.next().map(|next| if next == 'n' { '\n' } else { next }));
        } else {
            result.push(letter);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_with_line_feeds_is_one_line_and_comes_back_as_it_was() {
        for result in ["", "22 one\ntwo", "\\n", "\\", "\n\n\\\n", "=C:\\new\nline"] {
            let line = escaped(result);
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(unescaped(&line), result);
        }
    }

    #[test]
    fn switch_is_set_only_where_the_child_says_exactly_that() {
        for result in [
            Switched::Done,
            Switched::Refused(16, None),
            Switched::Refused(95, Some("mode not supported\nby this firmware".to_owned())),
        ] {
            assert_eq!(Switched::of(&result.line()), result);
        }
        for line in ["", "OK", "ok ", "okay", "done", "error", "thread panicked"] {
            assert_eq!(Switched::of(line), Switched::Unclear(line.to_owned()));
        }
    }

    #[test]
    fn write_and_read_are_what_the_child_says_and_nothing_else_is_taken_for_it() {
        for result in [Stored::Done, Stored::Skipped, Stored::Failed(None), Stored::Failed(Some(16))] {
            assert_eq!(Stored::of(&result.line()), result);
        }
        for line in ["", "o", "okay", "16 "] {
            assert_eq!(Stored::of(line), Stored::Unclear(line.to_owned()));
        }
        for result in [WasRead::Text("-".to_owned()), WasRead::Absent, WasRead::Failed("why".to_owned())] {
            assert_eq!(WasRead::of(&result.line()), result);
        }
        for line in ["", "--", "text"] {
            assert!(matches!(WasRead::of(line), WasRead::Failed(_)), "{line}");
        }
    }
}
