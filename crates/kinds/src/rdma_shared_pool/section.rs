//! The section `rdmaSharedPools` of a document.

use vfctl_port::HostFacts;

use super::spec::RdmaSharedPoolSpec;
use super::{findings, rdma_shared_config, rules};
use crate::cluster::SharedRdma;
use crate::components;
use crate::document::SriovConfig;
use crate::kind::Section;
use crate::lane::{HostContext, HostDraft};
use crate::path::Violations;

/// The section `rdmaSharedPools`.
#[derive(Debug)]
pub struct RdmaSharedPools;

impl Section for RdmaSharedPools {
    type Spec = Vec<RdmaSharedPoolSpec>;

    fn check(documents: &[&SriovConfig], violations: &mut Violations) {
        rules::check(documents, violations);
    }

    /// Adds what facts say of the pools. The plugin's configuration is written in the plan of the cluster, where vfctl manages it.
    fn plan(context: &HostContext<'_>, draft: &mut HostDraft) {
        findings::add(context, &draft.pfs, &mut draft.findings);
    }

    fn conclude(context: &HostContext<'_>, draft: &mut HostDraft) {
        if components::manages_shared_rdma(context.documents) {
            let config =
                rdma_shared_config(context, &draft.pfs).filter(|config| !config.config_list.is_empty());
            // What was rendered is always written.
            let config = config.and_then(|config| config.to_text().ok()).map(|text| text + "\n");
            draft.shared_rdma = Some(SharedRdma { config });
        }
    }

    fn live(_: &HostFacts) -> Self::Spec {
        Vec::new()
    }
}
