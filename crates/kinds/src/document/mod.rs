//! The document as a whole: whom it concerns, and what must hold in it and between several.

mod concern;
mod on_unsupported;
mod rules;
mod spec;

use vfctl_model::HostName;
use vfctl_port::HostFacts;

pub use concern::{HostValues, NodeSelector};
pub use on_unsupported::OnUnsupported;
pub use rules::violations;
pub(crate) use rules::{is_name, share_a_host};
pub use spec::{API_VERSION, KIND, Metadata, PlacedDocument, SriovConfig};

use crate::cluster::{ClusterContext, ClusterDraft};
use crate::lane::{HostContext, HostDraft};
use crate::walk;

/// Drafts what the documents ask of one host.
pub fn plan_host(context: &HostContext<'_>) -> HostDraft {
    let mut draft = HostDraft::default();
    walk::plan(context, &mut draft);
    draft
}

/// Drafts what the documents ask of the cluster.
pub fn plan_cluster(context: &ClusterContext<'_>) -> ClusterDraft {
    let mut draft = ClusterDraft::default();
    walk::plan_cluster(context, &mut draft);
    draft
}

/// Returns the document that says what the host is now, so that its plan is empty: how one starts.
///
/// `only_on` is the host that the document is to concern; `None` for whichever it is run on.
pub fn live(name: &str, only_on: Option<&HostName>, host: &HostFacts) -> SriovConfig {
    let nodes = only_on.map(|host| NodeSelector { names: vec![host.to_string()] });
    SriovConfig::new(name, walk::live(nodes, host))
}
