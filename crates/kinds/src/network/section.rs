//! The section `networks` of a document.

use vfctl_port::HostFacts;

use super::spec::NetworkSpec;
use super::{notes, rules};
use crate::document::SriovConfig;
use crate::kind::Section;
use crate::lane::{HostContext, HostDraft};
use crate::path::Violations;

/// The section `networks`.
#[derive(Debug)]
pub struct Networks;

impl Section for Networks {
    type Spec = Vec<NetworkSpec>;

    fn check(documents: &[&SriovConfig], violations: &mut Violations) {
        rules::check(documents, violations);
    }

    fn plan(context: &HostContext<'_>, draft: &mut HostDraft) {
        notes::add(context, &mut draft.findings);
    }

    /// Returns no networks: a host does not have them, its cluster does.
    fn live(_: &HostFacts) -> Self::Spec {
        Vec::new()
    }
}
