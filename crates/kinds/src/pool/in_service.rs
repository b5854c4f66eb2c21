//! VFs that the kubelet offers to pods while their host is worked on: said where nobody takes the node out of service, since a
//! pod that comes meanwhile may be given a VF that is gone.

use std::collections::BTreeMap;

use vfctl_model::VfSet;

use super::offer::disturbed;
use crate::components::ManagedPlugin;
use crate::lane::{HostContext, HostDraft};

/// Adds to each lane that removes or rebinds VFs which of them are offered.
pub(super) fn add(context: &HostContext<'_>, draft: &mut HostDraft) {
    // Where vfctl manages the plugin, or did, and reaches the cluster, the node is taken out of service.
    let is_left = draft.offer.as_ref().is_some_and(|offer| offer.config.is_none());
    if context.plans_node() && (is_left || ManagedPlugin::of(context.documents).is_some()) {
        return;
    }
    for lane in draft.lanes.iter_mut().filter(|lane| disturbed(lane).is_some()) {
        let facts = lane.subject.thing.pf().and_then(|pf| context.host.physical_functions.get(pf));
        let mut offered: BTreeMap<&String, VfSet> = BTreeMap::new();
        for (index, vf) in facts.into_iter().flat_map(|facts| &facts.vfs) {
            if let Some(resource) = &vf.offered_as {
                offered.entry(resource).or_default().insert(*index);
            }
        }
        for (resource, vfs) in offered {
            let message = format!(
                "vf {vfs}: offered to pods as {resource}, and this plan does not take the node out of service: a pod that comes \
                 meanwhile may get a VF that is gone; cordon the node before, and restart the device plugin afterwards"
            );
            lane.findings.note(None, message);
        }
    }
}
