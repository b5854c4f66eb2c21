//! Tier 4: a real Kubernetes control plane, and emulated machines as its workers.
//!
//! What a guest is and how it is booted is `machine`'s and `guest`'s business; how scenarios run here is `place`'s.

pub mod addresses;
pub mod control_plane;
pub mod docker;
pub mod existing;
pub mod fault;
pub mod folder;
pub mod front;
pub mod kind;
pub mod kubectl;
pub mod kubelet;
pub mod local;
pub mod objects;
pub mod own;
pub mod plane;
pub mod process;
pub mod provider;
pub mod relay;
pub mod reset;
pub mod supervisor;
pub mod worker;
pub mod workers;

pub use existing::Existing;
pub use folder::Folder;
pub use front::Front;
pub use kind::NodeImage;
pub use kubectl::Kubectl;
pub use local::Local;
pub use plane::Wanted;
pub use provider::{Cluster, ClusterError, Origin, Provider, WorkerAccess};
pub use worker::Worker;
