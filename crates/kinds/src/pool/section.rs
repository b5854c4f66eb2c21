//! The section `pools` of a document.

use vfctl_port::HostFacts;

use super::spec::PoolSpec;
use super::{findings, in_service, offer, publish, rules};
use crate::cluster::{ClusterContext, ClusterDraft};
use crate::components;
use crate::document::SriovConfig;
use crate::kind::Section;
use crate::lane::{HostContext, HostDraft};
use crate::path::Violations;

/// The section `pools`.
#[derive(Debug)]
pub struct Pools;

impl Section for Pools {
    type Spec = Vec<PoolSpec>;
    const IN_CLUSTER: bool = true;

    fn check(documents: &[&SriovConfig], violations: &mut Violations) {
        rules::check(documents, violations);
    }

    /// Adds what facts say of the pools, and that no cluster was looked at where none was. What the host is to offer is drafted
    /// once everything else is, and written in the plan of the cluster.
    fn plan(context: &HostContext<'_>, draft: &mut HostDraft) {
        findings::add(context, &draft.pfs, &mut draft.findings);
    }

    fn conclude(context: &HostContext<'_>, draft: &mut HostDraft) {
        offer::add(context, draft);
        in_service::add(context, draft);
    }

    fn plan_cluster(context: &ClusterContext<'_>, draft: &mut ClusterDraft) {
        publish::plan(context, draft);
        components::remove(context, draft);
    }

    fn live(_: &HostFacts) -> Vec<PoolSpec> {
        Vec::new()
    }
}
