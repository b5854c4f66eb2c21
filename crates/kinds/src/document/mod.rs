//! The document as a whole: whom it concerns, and what must hold in it and between several.

mod concern;
mod label_selector;
mod name_pattern;
mod on_unsupported;
mod rules;
mod selection;
mod spec;

use vfctl_model::HostName;
use vfctl_port::HostFacts;

pub use concern::{HostValues, NodeSelector};
pub use label_selector::{LabelOperator, LabelRequirement, LabelSelector};
pub use name_pattern::NamePattern;
pub use on_unsupported::OnUnsupported;
pub use rules::violations;
pub(crate) use rules::{is_name, share_a_host};
pub use selection::Selection;
pub use spec::{API_VERSION, KIND, Metadata, PlacedDocument, SriovConfig};

use crate::cluster::{ClusterContext, ClusterDraft};
use crate::lane::{HostContext, HostDraft};
use crate::walk;

/// Drafts what the documents ask of one host. Where it is not known which do, that is said, and nothing is offered in the cluster.
pub fn plan_host(context: &HostContext<'_>) -> HostDraft {
    let mut draft = HostDraft::default();
    draft.findings.append(context.selection.findings.clone());
    walk::plan(context, &mut draft);
    draft.offer = draft.offer.filter(|_| context.selection.is_decided());
    draft.shared_rdma = draft.shared_rdma.filter(|_| context.selection.is_decided());
    draft
}

/// Drafts what the documents ask of the cluster.
pub fn plan_cluster(context: &ClusterContext<'_>) -> ClusterDraft {
    let mut draft = ClusterDraft::default();
    walk::plan_cluster(context, &mut draft);
    draft.rest_on_its_cluster(context.facts);
    draft
}

/// Returns the document that says what the host is now, so that its plan is empty: how one starts.
///
/// `only_on` is the host that the document is to concern; `None` for whichever it is run on.
pub fn live(name: &str, only_on: Option<&HostName>, host: &HostFacts) -> SriovConfig {
    let nodes = only_on.map(NodeSelector::of_host);
    SriovConfig::new(name, walk::live(nodes, host))
}
