//! The physical function: which device is meant, its interface's state, and how many VFs it has.

mod spec;

pub use spec::{AtMost, CountSpec, ExpectSpec, Matcher, OnUnsupported, PciMatch, PfSpec, VfsSpec};
