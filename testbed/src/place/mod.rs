//! Where scenarios run: the guest's kernel, the simulator, a cluster with workers, or its API server alone.

pub mod api;
pub mod cluster;
pub mod contract;
#[cfg(test)]
pub(crate) mod echo;
pub mod kernel;
pub mod simulator;

pub use api::Api;
pub use cluster::Workers;
pub use contract::{Place, PlaceError};
pub use kernel::Kernel;
pub use simulator::Simulator;
