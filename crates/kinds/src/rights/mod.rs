//! What an account needs to be allowed to do in a cluster, part by part, as objects that Kubernetes takes.
//!
//! Roles tell neither nodes nor keys of a ConfigMap apart; a policy does, by the node that a token is bound to.

mod manifest;
mod policy;
mod table;

pub use manifest::{RightsManifest, manifests};
pub use table::{RIGHTS, Right, RightsPart, Where};
