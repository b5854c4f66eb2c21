//! The section `physicalFunctions` of a document.

use vfctl_port::HostFacts;

use super::{lane, live, resolve, rules};
use crate::PfSpec;
use crate::binding;
use crate::document::SriovConfig;
use crate::kind::Section;
use crate::lane::{HostContext, HostDraft};
use crate::path::Violations;

/// The section `physicalFunctions`.
#[derive(Debug)]
pub struct PhysicalFunctions;

impl Section for PhysicalFunctions {
    type Spec = Vec<PfSpec>;

    fn check(documents: &[&SriovConfig], violations: &mut Violations) {
        rules::check(documents, violations);
    }

    fn plan(context: &HostContext<'_>, draft: &mut HostDraft) {
        let pfs = resolve::resolve(context, &mut draft.findings);
        lane::plan(context, &pfs, draft);
        draft.pfs = pfs;
    }

    fn conclude(context: &HostContext<'_>, draft: &mut HostDraft) {
        binding::report_taken_vfs(context, draft);
    }

    fn live(host: &HostFacts) -> Self::Spec {
        live::live(host)
    }
}
