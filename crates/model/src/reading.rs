//! Answers with three values: what is known, what cannot be, and what could not be read.

use std::fmt;

use crate::vf_value::VfValue;

/// What is known of a property after the driver's row has judged the kernel's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading<T> {
    /// The value.
    Known(T),
    /// The driver has no such thing, or does not tell.
    Unsupported,
    /// It could not be read; the text says why.
    Unreadable(String),
}

impl<T: fmt::Display> fmt::Display for Reading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(value) => value.fmt(f),
            Self::Unsupported => f.write_str("unsupported"),
            Self::Unreadable(why) => write!(f, "unreadable: {why}"),
        }
    }
}

/// A VF attribute exactly as the kernel's message had it, presets included; what it means is for the
/// driver's row to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawReading {
    /// The value in the message; it may be a preset of `rtnl_fill_vfinfo` (net/core/rtnetlink.c).
    Value(VfValue),
    /// The kernel wrote -1: the driver did not fill it in.
    NotReported,
    /// The message or this part of it could not be read; the text says why.
    Unreadable(String),
}

impl fmt::Display for RawReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::NotReported => f.write_str("not reported"),
            Self::Unreadable(why) => write!(f, "unreadable: {why}"),
        }
    }
}
