//! Kubernetes as an edge: facts of a cluster from its API server, and objects applied and deleted there.
//!
//! What an object should say is for `kinds`, and which op comes when is for `plan`. Inside, requests are asynchronous
//! and have real time limits; outside, this edge is synchronous like every other. It must not be called from within
//! an asynchronous runtime.
#![allow(
    clippy::disallowed_methods,
    reason = "the environment says which kubeconfig is read, and clocks are compared"
)]

mod access;
mod change;
mod client;
mod clock;
mod cluster;
mod error;
mod interest;
mod item;
mod look;
mod patience;
mod pod;
mod rights;

pub use access::Access;
pub use cluster::Cluster;
pub use error::{AccessError, ApiError, Refusal, Said};
