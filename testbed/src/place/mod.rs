//! Where scenarios run: the guest's kernel, the simulator, or a cluster.

pub mod cluster;
pub mod contract;
#[cfg(test)]
pub(crate) mod echo;
pub mod kernel;
pub mod simulator;

pub use cluster::Workers;
pub use contract::{Place, PlaceError};
pub use kernel::Kernel;
pub use simulator::Simulator;
