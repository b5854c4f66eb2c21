//! The section `rdmaSharedPools` of a document.

use vfctl_port::HostFacts;

use super::spec::RdmaSharedPoolSpec;
use super::{findings, rules};
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

    /// Adds what facts say of the pools. There is no work: the plugin's configuration is not written in this version.
    fn plan(context: &HostContext<'_>, draft: &mut HostDraft) {
        findings::add(context, &draft.pfs, &mut draft.findings);
    }

    fn live(_: &HostFacts) -> Self::Spec {
        Vec::new()
    }
}
