//! The physical function: which device is meant, its interface's state, and how many VFs it has.

mod autoprobe;
mod count;
mod interface;
mod loss;
mod matcher;
mod obstacle;
mod rules;
mod spec;

pub(crate) use autoprobe::{diff as diff_autoprobe, last_value as autoprobe_at_end};
pub(crate) use count::diff as diff_count;
pub use count::wanted_count;
pub(crate) use interface::{diff as diff_interface, resolved as resolved_mtu};
pub use matcher::{Candidate, Term, describe, mismatches, pins};
pub use obstacle::{Obstacle, host_obstacles, obstacles};
pub(crate) use rules::{check, is_name, surely_same_device};
pub use spec::{AtMost, CountSpec, ExpectSpec, Matcher, OnUnsupported, PciMatch, PfSpec, VfsSpec};
