//! The pools of the SR-IOV network device plugin: resources that pods ask for, each made of VFs or other devices.
//!
//! A document's pools become the plugin's configuration for each host, and the simulator says beforehand which device the
//! plugin will offer in which pool. In a cluster each node gets its configuration, and is awaited until it offers just that.

mod devices;
mod findings;
mod findings_of_references;
mod findings_of_selectors;
mod in_service;
mod mismatch;
mod offer;
pub mod plugin;
mod predict;
mod publish;
mod references;
mod render;
mod rules;
mod rules_of_selectors;
mod section;
mod selectors;
pub mod simulator;
mod spec;

pub use predict::{HostPrediction, predict_config, predict_pools};
pub use section::Pools;
pub use selectors::{SelectorSpec, SelectorsSpec};
pub use spec::{PoolSpec, VdpaType, VfReference};
