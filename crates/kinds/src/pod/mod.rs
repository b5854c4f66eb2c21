//! The way from a pod to its VF, walked link by link over facts: annotation, network, resource, pool, what nodes offer, what the
//! CNI said, VF. Whichever link is broken is named with its cause and with what to do.
//!
//! Nothing is planned here, and no cluster is asked: a link that the facts do not tell is unknown.

mod admission;
mod attachment;
mod chain;
mod network;
mod network_names;
mod node_affinity;
mod node_choice;
mod offer;
mod plugin;
mod plugin_config;
mod requests;
mod scene;
mod trouble;
mod vf;
mod walk;

pub use chain::{BreakReason, LinkState, PodChain, PodLink, PodLinkKind};
pub use network_names::{AnnotationError, NetworkName};
pub use trouble::{PodTrouble, pod_trouble};
pub use walk::walk;
