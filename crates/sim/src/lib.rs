//! Hosts in memory: they keep the kernel's rules, settle as late as a kernel does, and fail where a fault is injected.
//!
//! It knows nothing of specs, plans or `kinds`: a simulator that shares the planner's beliefs would prove
//! nothing. Its rules come from the kernel's source (6.12) and from what was recorded on emulated hardware.

mod builder;
mod cluster;
mod drivers;
mod errno;
mod fault;
mod hand;
mod host;
mod interrupt;
mod naming;
mod perform;
mod rules;
mod scopes;
mod stop;
mod traffic;
mod view;
mod world;

pub use builder::{Builder, PfSeed};
pub use cluster::{Kubelet, Plugin, SimCluster};
pub use drivers::known_drivers;
pub use errno::Errno;
pub use fault::Fault;
pub use hand::{EachValue, Hand, HandError, VfDriver};
pub use host::SimHost;
pub use scopes::SimScopes;
pub use world::{SimWorld, WorldError};
