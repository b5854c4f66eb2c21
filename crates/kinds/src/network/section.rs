//! The section `networks` of a document.

use vfctl_port::HostFacts;

use super::spec::NetworkSpec;
use super::{notes, publish, rules};
use crate::cluster::{ClusterContext, ClusterDraft};
use crate::document::SriovConfig;
use crate::kind::Section;
use crate::lane::{HostContext, HostDraft};
use crate::path::Violations;

/// The section `networks`.
#[derive(Debug)]
pub struct Networks;

impl Section for Networks {
    type Spec = Vec<NetworkSpec>;
    const IN_CLUSTER: bool = true;

    fn check(documents: &[&SriovConfig], violations: &mut Violations) {
        rules::check(documents, violations);
    }

    fn plan(context: &HostContext<'_>, draft: &mut HostDraft) {
        notes::add(context, &mut draft.findings);
    }

    fn writes_to_cluster(spec: &Self::Spec) -> bool {
        !spec.is_empty()
    }

    fn plan_cluster(context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
        publish::plan(context, draft);
    }

    /// Returns no networks: a host does not have them, its cluster does.
    fn live(_: &HostFacts) -> Self::Spec {
        Vec::new()
    }
}
