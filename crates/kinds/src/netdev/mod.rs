//! The VF's own network interface on the host: its MTU.

mod diff;
mod kind;

pub use kind::VfMtu;
