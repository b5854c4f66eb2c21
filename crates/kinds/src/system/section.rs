//! The section `system` of a document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::ModuleName;
use vfctl_port::{HostFacts, Stage, Thing};

use super::diff;
use crate::desired::Wanted;
use crate::document::SriovConfig;
use crate::kind::Section;
use crate::lane::{HostContext, HostDraft, LaneDraft};
use crate::path::{SpecPath, Violations};

/// The section `system`.
#[derive(Debug)]
pub struct System;

/// What the machine must offer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SystemSpec {
    /// Kernel modules that must be loaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<ModuleName>,
}

impl Section for System {
    type Spec = SystemSpec;

    fn check(_: &[&SriovConfig], _: &mut Violations) {}

    fn plan(_: &HostContext<'_>, _: &mut HostDraft) {}

    /// Drafts the lane that loads modules: those that are named, and those of the drivers that VFs are given.
    fn conclude(context: &HostContext<'_>, draft: &mut HostDraft) {
        let path = SpecPath::spec().key("system").key("modules");
        let named = context.documents.iter().flat_map(|document| {
            let modules = document.config.spec.system.modules.iter().enumerate();
            modules.map(|(index, module)| Wanted {
                value: module.clone(),
                origin: (document.place)(&path.index(index)),
            })
        });
        let named: Vec<_> = named.collect();
        let steps = diff::steps(context, &named, &draft.drivers);
        if !steps.is_empty() {
            let subject = context.subject(Thing::System);
            let (title, heading) = ("system".to_owned(), "system".to_owned());
            let lane = LaneDraft::new(Stage::Prepare, subject, title, heading);
            let goal = steps.iter().flat_map(|step| step.ends.iter().cloned()).collect();
            draft.lanes.push(LaneDraft { steps, goal, ..lane });
        }
    }

    fn live(_: &HostFacts) -> SystemSpec {
        SystemSpec::default()
    }
}
