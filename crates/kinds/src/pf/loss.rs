//! What VFs lose when their PF's count changes: whatever the spec does not name is not set again.

use std::collections::BTreeMap;

use vfctl_model::{Reading, VfAttribute, VfIndex, VfSet};
use vfctl_port::VfFacts;

use crate::context::PfContext;
use crate::finding::Findings;
use crate::vf;

/// Tells which settings of VFs that will be destroyed the spec does not name.
pub(super) fn tell(context: &PfContext<'_>, findings: &mut Findings) {
    let mut losses: BTreeMap<String, VfSet> = BTreeMap::new();
    for (index, facts) in context.facts.vfs.iter().filter(|(index, _)| index.0 < context.count) {
        for loss in lost(context, *index, facts) {
            losses.entry(loss).or_default().insert(*index);
        }
    }
    for (loss, vfs) in losses {
        findings.note(None, format!("vf {vfs}: loses {loss}, which the spec does not name"));
    }
}

/// Returns what one VF has and will not be given again.
fn lost(context: &PfContext<'_>, index: VfIndex, facts: &VfFacts) -> Vec<String> {
    let desired = context.desired.vfs.get(&index);
    let named = |attribute: &VfAttribute| desired.is_some_and(|vf| vf.attributes.contains_key(attribute));
    let mut lost = Vec::new();
    for attribute in VfAttribute::ALL.iter().copied().filter(|attribute| !named(attribute)) {
        let chosen_by_vf = attribute == VfAttribute::MacAddress && context.row.shows_chosen_mac;
        if let (Reading::Known(found), Some(initial)) =
            (vf::read(facts, attribute, context.row, context.facts.device), context.row.initial(attribute))
            && found != initial
            && !chosen_by_vf
        {
            lost.push(format!("{attribute} {found}"));
        }
    }
    if let Some(driver) = facts.driver.as_ref().filter(|driver| driver.is_vfio())
        && desired.is_none_or(|vf| vf.driver.is_none())
    {
        lost.push(format!("driver {driver}"));
    }
    lost.extend(facts.driver_override.as_ref().map(|driver| format!("driver_override {driver}")));
    lost
}
