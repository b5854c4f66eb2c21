//! What VFs lose when their PF's count changes: whatever the spec does not name is not set again.

use std::collections::BTreeMap;

use vfctl_model::{Reading, VfAttribute, VfIndex, VfSet, VfValue};
use vfctl_port::VfFacts;

use crate::context::PfContext;
use crate::finding::Findings;
use crate::walk;

/// Notes which settings of VFs that will be destroyed the spec does not name.
pub(super) fn note(context: &PfContext<'_>, findings: &mut Findings) {
    let mut losses: BTreeMap<String, VfSet> = BTreeMap::new();
    let mut own: BTreeMap<VfAttribute, BTreeMap<VfIndex, VfValue>> = BTreeMap::new();
    for (index, facts) in context.facts.vfs.iter().filter(|(index, _)| index.0 < context.count) {
        for (attribute, value) in lost_attributes(context, *index, facts) {
            if attribute.row().shareable {
                losses.entry(format!("{attribute} {value}")).or_default().insert(*index);
            } else {
                own.entry(attribute).or_default().insert(*index, value);
            }
        }
        for loss in walk::lost(context, *index, facts) {
            losses.entry(loss).or_default().insert(*index);
        }
    }
    for (attribute, of_vfs) in own {
        let (Some((_, first)), Some((_, last))) = (of_vfs.first_key_value(), of_vfs.last_key_value()) else {
            continue;
        };
        let vfs: VfSet = of_vfs.keys().copied().collect();
        let values = match of_vfs.len() {
            1 => first.to_string(),
            count => format!("{first} … {last} ({count} different)"),
        };
        // Where a driver shows an address of the VF's own choice alike, that is all that is known.
        let is_unsure = attribute == VfAttribute::MacAddress && context.row.shows_chosen_mac;
        let loses = if is_unsure { "may lose" } else { "loses" };
        findings.note(None, format!("vf {vfs}: {loses} {attribute} {values}, which the spec does not set"));
    }
    for (loss, vfs) in losses {
        findings.note(None, format!("vf {vfs}: loses {loss}, which the spec does not set"));
    }
}

/// Returns the attributes that one VF has and will not be given again.
fn lost_attributes(context: &PfContext<'_>, index: VfIndex, facts: &VfFacts) -> Vec<(VfAttribute, VfValue)> {
    let desired = context.desired.vfs.get(&index);
    let named = |attribute: &VfAttribute| desired.is_some_and(|vf| vf.attributes.contains(*attribute));
    let unnamed = VfAttribute::ALL.iter().copied().filter(|attribute| !named(attribute));
    let lost = unnamed.filter_map(|attribute| {
        let initial = context.row.initial(attribute)?;
        match context.facts.attribute(facts, attribute) {
            Reading::Known(found) if found != initial => Some((attribute, found)),
            Reading::Known(_) | Reading::Unsupported | Reading::Unreadable(_) => None,
        }
    });
    lost.collect()
}
