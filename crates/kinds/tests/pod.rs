//! The way from a pod to its VF: each reason for which a pod has none is named by the link that is broken.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

#[path = "pod/chains.rs"]
mod chains;
#[path = "pod/cluster.rs"]
mod cluster;
#[path = "pod/hosts.rs"]
mod hosts;
#[path = "pod/node_cases.rs"]
mod node_cases;
#[path = "pod/properties.rs"]
mod properties;
