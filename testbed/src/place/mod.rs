//! Where scenarios run: the guest's kernel, or the simulator.

pub mod contract;
pub mod kernel;
pub mod simulator;

pub use contract::{Place, PlaceError};
pub use kernel::Kernel;
pub use simulator::Simulator;
