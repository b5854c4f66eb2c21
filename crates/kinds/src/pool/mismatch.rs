//! Which devices make the difference where a node offers another number of them than its plugin should find: told by what the
//! kubelet says in its own record that it has been offered.

use std::collections::BTreeSet;

use vfctl_model::{PciAddress, ResourceName};
use vfctl_port::ObjectFacts;

use super::simulator::Pool;
use crate::finding::Finding;
use crate::lane::{HostContext, HostDraft};

/// How many devices are listed one by one.
const LISTED: usize = 16;

/// Adds a note for each pool whose node offers another number of devices although nothing changes the host's VFs.
pub(super) fn add(context: &HostContext<'_>, pools: &[Pool], draft: &mut HostDraft) {
    let node = context.world.cluster.as_ref().and_then(|cluster| cluster.node_of(context.name));
    let Some((_, node)) = node else { return };
    draft.findings.notes.extend(pools.iter().filter_map(|pool| note_of(context, pool, node)));
}

fn note_of(context: &HostContext<'_>, pool: &Pool, node: &ObjectFacts) -> Option<Finding> {
    let resource: ResourceName = pool.resource.parse().ok()?;
    let takes: BTreeSet<PciAddress> = pool.takes.iter().copied().collect();
    let is_known = pool.dropped.is_none() && pool.perhaps.is_empty() && pool.perhaps_more.is_none();
    let offered = node.allocatable(&resource)?;
    if !is_known || usize::try_from(offered).ok() == Some(takes.len()) {
        return None;
    }
    let offers = offers(context);
    // Where the kubelet knows no device of it the plugin has not come so far.
    if !offers.iter().any(|(_, _, of)| *of == pool.resource) {
        return None;
    }
    let differing = offers.iter().filter_map(|(address, name, of)| {
        let has = *of == pool.resource;
        match (takes.contains(address), has) {
            (true, false) if of.is_empty() => Some(format!("{name}: the kubelet does not have it")),
            (true, false) => Some(format!("{name}: the kubelet has it as {of}")),
            (false, true) => Some(format!("{name}: the kubelet has it, and it is in no such pool")),
            _ => None,
        }
    });
    let mut details: Vec<String> = differing.collect();
    let more = details.len().saturating_sub(LISTED);
    details.truncate(LISTED);
    if more > 0 {
        details.push(format!("and {more} more"));
    }
    let message = format!("{resource}: the node offers {offered} devices, and {} are predicted", takes.len());
    Some(Finding { origin: None, message, details, help: None })
}

/// Returns each VF with what it is called, and as which resource the kubelet has it: empty where as none.
fn offers<'a>(context: &HostContext<'a>) -> Vec<(PciAddress, String, &'a str)> {
    let pfs = context.host.physical_functions.iter();
    let vfs = pfs.flat_map(|(pf, facts)| facts.vfs.iter().map(move |(index, vf)| (pf, index, vf)));
    vfs.filter_map(|(pf, index, vf)| {
        let address = vf.pci?;
        Some((
            address,
            format!("vf {index} of {pf}, {address}"),
            vf.offered_as.as_deref().unwrap_or_default(),
        ))
    })
    .collect()
}
