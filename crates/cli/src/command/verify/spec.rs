//! What a spec wants of this host, kept for comparing with what pods are given.

use std::collections::BTreeMap;

use vfctl_kinds::DesiredPf;
use vfctl_kinds::cluster::Parts;
use vfctl_kinds::document::{PlacedDocument, Selection, plan_host};
use vfctl_kinds::lane::HostContext;
use vfctl_kinds::pool::predict_pools;
use vfctl_model::{DeviceAddress, HostName, PciAddress};
use vfctl_port::World;

/// What is wanted of a host.
#[derive(Debug, Default)]
pub(super) struct WantedOfHost {
    /// Of its PFs.
    pub(super) pfs: BTreeMap<DeviceAddress, DesiredPf>,
    /// The devices of each pool, as they are once the documents are applied; `None` where there are no pools, or where it is not
    /// known which documents concern the host.
    pub(super) pools: Option<BTreeMap<String, Vec<PciAddress>>>,
}

impl WantedOfHost {
    /// Returns what documents want of a host of a world.
    pub(super) fn of(documents: &[PlacedDocument<'_>], name: &HostName, world: &World) -> Self {
        let Some(host) = world.hosts.get(name) else { return Self::default() };
        let selection = Selection::of(documents, name, world.cluster.as_ref());
        let context = HostContext::new(&selection, host, world, Parts::ALL);
        let draft = plan_host(&context);
        let predicted = predict_pools(&context, &draft.pfs).filter(|_| selection.is_decided());
        let pools = predicted.and_then(|predicted| predicted.prediction.pools.ok());
        let pools = pools.map(|pools| pools.into_iter().map(|pool| (pool.resource, pool.takes)).collect());
        Self { pfs: draft.pfs, pools }
    }
}
