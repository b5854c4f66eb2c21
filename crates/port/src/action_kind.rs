//! How kinds of actions are written.

use std::fmt;
use std::str::FromStr;

use vfctl_model::ParseError;

use crate::action::ActionKind;

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.row().word)
    }
}

impl FromStr for ActionKind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.iter().copied().find(|kind| kind.row().word.eq_ignore_ascii_case(text));
        found.ok_or_else(|| ParseError::new(text, "kind of action such as `createVfs`"))
    }
}
