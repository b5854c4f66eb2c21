//! The VF's own network interface on the host: its MTU.

mod diff;

pub(crate) use diff::diff;
