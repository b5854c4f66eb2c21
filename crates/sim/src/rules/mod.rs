//! The kernel's rules, by what they are about.

pub(crate) mod attribute;
pub(crate) mod binding;
pub(crate) mod bus;
pub(crate) mod count;
pub(crate) mod eswitch;
pub(crate) mod link;
pub(crate) mod module;
pub(crate) mod upper;
