//! The pools of k8s-rdma-shared-dev-plugin: resources of RDMA devices that several pods have at once.
//!
//! A document's pools become the plugin's configuration for each host, which is written where vfctl manages the plugin. Which devices
//! the plugin finds by it is not predicted.

mod config;
mod findings;
mod interval;
mod render;
mod rules;
mod section;
mod spec;

pub use config::{LinkType, RdmaSharedConfig, RdmaSharedResource, RdmaSharedSelectors, takes_name};
pub use render::{PLUGIN, rdma_shared_config};
pub use section::RdmaSharedPools;
pub use spec::{PortReference, RdmaSharedPoolSpec};
