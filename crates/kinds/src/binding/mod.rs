//! Which driver holds a VF: compared, and changed by unbinding and binding.

mod diff;
mod fate;
mod overrides;

pub(crate) use diff::diff;
pub use fate::drivers_needed;
pub(crate) use fate::{gets_driver, is_default, leaves, must_hold_new_vfs, probes, rebinds};
