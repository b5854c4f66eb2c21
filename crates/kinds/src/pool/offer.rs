//! What a host is to offer in its cluster once its documents are applied.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{PciAddress, ResourceName};
use vfctl_port::{Property, Stage};

use super::devices::of_host;
use super::mismatch;
use super::predict::{HostPrediction, predict_pools};
use super::references::placed_pools;
use super::simulator::{Device, Pool};
use crate::cluster::NodeOffer;
use crate::components::{ManagedPlugin, declared_for_host, documents_of};
use crate::lane::{HostContext, HostDraft, LaneDraft};
use crate::path::{Origin, SpecPath};
use crate::step::{Impact, Step};

/// Adds what the host is to offer, and which devices make a difference to what its node offers.
pub(super) fn add(context: &HostContext<'_>, draft: &mut HostDraft) {
    let predicted = predict_pools(context, &draft.pfs);
    draft.offer = of(context, draft, predicted.as_ref());
    let is_settled = draft.offer.as_ref().is_some_and(|offer| !offer.changes_vfs);
    let pools = predicted.and_then(|predicted| predicted.prediction.pools.ok());
    if let Some(pools) = pools.filter(|_| is_settled) {
        mismatch::add(context, &pools, draft);
    }
}

/// Returns what the host is to offer; `None` where no document asks for pools or for the plugin to be managed, and its node has
/// nothing of before.
fn of(context: &HostContext<'_>, draft: &HostDraft, predicted: Option<&HostPrediction>) -> Option<NodeOffer> {
    let disturbed = draft.lanes.iter().filter_map(disturbed).collect::<BTreeSet<_>>();
    let changes_vfs = draft.lanes.iter().flat_map(|lane| &lane.steps).any(changes_vfs);
    let Some(predicted) = predicted else {
        let origin = match ManagedPlugin::of(context.documents) {
            Some(plugin) => plugin.origin,
            None => of_before(context)?,
        };
        let version = declared_for_host(context.documents).version;
        return Some(NodeOffer {
            config: None,
            version,
            counts: BTreeMap::new(),
            devices: of_host(context.host),
            disturbed,
            pfs: BTreeSet::new(),
            changes_vfs,
            documents: BTreeSet::new(),
            origin,
        });
    };
    let placed = placed_pools(context.documents);
    let origin = placed.first()?.origin();
    // Why the plugin would serve none is said among the host's findings.
    let pools = predicted.prediction.pools.as_deref().unwrap_or_default();
    let config = serde_json::to_string_pretty(&predicted.config).unwrap_or_default();
    Some(NodeOffer {
        config: Some(config + "\n"),
        version: predicted.prediction.version,
        counts: counts(pools),
        devices: of_host(context.host),
        disturbed,
        pfs: pools.iter().flat_map(|pool| pfs_of(pool, predicted)).collect(),
        changes_vfs,
        documents: placed.iter().map(|pool| pool.document.config.metadata.name.clone()).collect(),
        origin,
    })
}

/// Returns the place of the document that says nothing of pools any more, although the host's node has some of it.
fn of_before(context: &HostContext<'_>) -> Option<Origin> {
    let (_, node) = context.world.cluster.as_ref()?.node_of(context.name)?;
    let names = documents_of(node);
    let mut documents = context.documents.iter();
    let asked = documents.find(|document| names.contains(document.config.metadata.name.as_str()))?;
    Some((asked.place)(&SpecPath::spec()))
}

/// Returns how many devices each pool has; `None` where that cannot be known.
pub(super) fn counts(pools: &[Pool]) -> BTreeMap<ResourceName, Option<u32>> {
    let count = |pool: &Pool| {
        let is_known = pool.perhaps.is_empty() && pool.perhaps_more.is_none();
        let takes = if pool.dropped.is_some() { 0 } else { pool.takes.len() };
        Some((pool.resource.parse().ok()?, u32::try_from(takes).ok().filter(|_| is_known)))
    };
    pools.iter().filter_map(count).collect()
}

/// Returns the PFs of a pool's devices.
fn pfs_of(pool: &Pool, predicted: &HostPrediction) -> Vec<PciAddress> {
    let members: BTreeSet<&PciAddress> =
        pool.takes.iter().chain(pool.perhaps.iter().map(|(address, _)| address)).collect();
    let devices = predicted.devices.known.iter().filter(|device| members.contains(&device.address));
    devices.filter_map(Device::pf).collect()
}

/// Returns whether a step makes VFs, or changes which driver has one.
fn changes_vfs(step: &Step) -> bool {
    step.changes.iter().any(|change| match change.op.action.changes() {
        Property::VfCount => true,
        Property::Driver => change.op.target.vf().is_some(),
        _ => false,
    })
}

/// Returns the PF of a lane that destroys VFs or takes them from their drivers.
pub(super) fn disturbed(lane: &LaneDraft) -> Option<PciAddress> {
    let takes_vfs = lane.steps.iter().any(|step| step.impact >= Impact::Rebinds);
    lane.subject.thing.pf().filter(|_| takes_vfs && lane.stage == Stage::Ports)?.pci()
}
