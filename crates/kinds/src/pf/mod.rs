//! The physical functions: which devices are meant, what is asked of each, and the lane of each.
//!
//! What an entry asks for besides is said by the kinds of its fields.

mod columns;
mod entry_name;
mod explain;
mod lane;
mod live;
mod matcher;
mod named;
mod obstacle;
mod pci_match;
mod resolve;
mod rules;
mod section;
mod select;
mod spec;

pub use columns::{attribute_cell, pf_columns, vf_columns, wide_pf_columns};
pub use entry_name::entry_name;
pub use explain::{Address, ExplainError, ExplainedPf, explain};
#[cfg(test)]
pub(crate) use lane::diff;
pub use matcher::Matcher;
pub(crate) use named::referred_entry;
pub use obstacle::{host_obstacles, obstacles};
pub use pci_match::PciMatch;
pub use section::PhysicalFunctions;
pub use spec::ExpectSpec;
