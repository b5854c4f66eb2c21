//! What VFs lose when their PF's count changes: whatever the spec does not name is not set again.

use std::collections::BTreeMap;

use vfctl_model::{Reading, VfAttribute, VfIndex, VfSet, VfValue};
use vfctl_port::VfFacts;

use crate::binding;
use crate::context::{ETHERNET_MTU, PfContext};
use crate::finding::Findings;
use crate::vf;

/// Tells which settings of VFs that will be destroyed the spec does not name.
pub(super) fn tell(context: &PfContext<'_>, findings: &mut Findings) {
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
        for loss in lost_besides(context, *index, facts) {
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
        findings.note(None, format!("vf {vfs}: {loses} {attribute} {values}, which the spec does not name"));
    }
    for (loss, vfs) in losses {
        findings.note(None, format!("vf {vfs}: loses {loss}, which the spec does not name"));
    }
}

/// Returns the attributes that one VF has and will not be given again.
fn lost_attributes(context: &PfContext<'_>, index: VfIndex, facts: &VfFacts) -> Vec<(VfAttribute, VfValue)> {
    let desired = context.desired.vfs.get(&index);
    let named = |attribute: &VfAttribute| desired.is_some_and(|vf| vf.attributes.contains_key(attribute));
    let unnamed = VfAttribute::ALL.iter().copied().filter(|attribute| !named(attribute));
    let lost = unnamed.filter_map(|attribute| {
        let initial = context.row.initial(attribute)?;
        match vf::read(facts, attribute, context.row, context.facts.device) {
            Reading::Known(found) if found != initial => Some((attribute, found)),
            Reading::Known(_) | Reading::Unsupported | Reading::Unreadable(_) => None,
        }
    });
    lost.collect()
}

/// Returns what else one VF has and will not be given again: a driver of its own, or none, an override, an MTU.
fn lost_besides(context: &PfContext<'_>, index: VfIndex, facts: &VfFacts) -> Vec<String> {
    let desired = context.desired.vfs.get(&index);
    let mut lost = Vec::new();
    if desired.is_none_or(|vf| vf.driver.is_none()) && context.desired.address.pci().is_some() {
        match &facts.driver {
            Some(driver) if !binding::is_default(context, driver) => lost.push(format!("driver {driver}")),
            None if binding::gets_driver(context, index) => lost.push("driver none".to_owned()),
            Some(_) | None => {}
        }
    }
    lost.extend(facts.driver_override.as_ref().map(|driver| format!("driver_override {driver}")));
    let mtu = facts.netdev.as_ref().map(|netdev| netdev.mtu).filter(|mtu| *mtu != ETHERNET_MTU);
    if desired.is_none_or(|vf| vf.mtu.is_none()) {
        lost.extend(mtu.map(|mtu| format!("mtu {mtu}")));
    }
    lost
}
