//! Which driver holds a VF: compared, and changed by unbinding and binding.

mod checks;
mod diff;
mod fate;
mod kind;
mod overrides;
mod spec;
mod taken;
mod unknown;

pub(crate) use fate::{default_driver, fate, must_withhold_drivers};
pub use kind::VfDriver;
pub use spec::DriverChoice;
pub(crate) use taken::report_taken_vfs;
