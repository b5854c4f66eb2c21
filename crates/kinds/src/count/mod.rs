//! How many VFs a PF has, and whether the kernel gives new ones a driver.

mod autoprobe;
mod diff;
mod loss;
mod offered;
mod spec;

pub use autoprobe::DriversAutoprobe;
pub(crate) use autoprobe::at_end as autoprobe_at_end;
pub use diff::{VfCount, WantedCount};
pub use spec::{AtMost, CountSpec};
