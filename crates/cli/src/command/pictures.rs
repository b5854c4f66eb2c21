//! Hosts as pictures: which pools their VFs are in and which networks are on these, by the cluster as it is or by documents.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_kinds::cluster::Parts;
use vfctl_kinds::document::{Selection, plan_host};
use vfctl_kinds::lane::HostContext;
use vfctl_kinds::network::RESOURCE_ANNOTATION;
use vfctl_kinds::pool::predict_pools;
use vfctl_model::{HostName, ObjectKind, PciAddress};
use vfctl_plan::ScopePlan;
use vfctl_port::{ClusterFacts, HostFacts, World};
use vfctl_view::{Picture, Pool, Pools};

/// Networks by the resource that they are on.
type Networks = BTreeMap<String, Vec<String>>;

/// Returns a host as it is: with the pools that the kubelet offers, and the networks of the cluster on them.
pub(super) fn as_found(name: &HostName, host: &HostFacts, cluster: Option<&ClusterFacts>) -> Picture {
    Picture::of(name, host, None, offered(host, &cluster.map(found).unwrap_or_default()))
}

/// Returns a host as it is once these parts of the plan are applied: with the pools and networks of its documents, or with those
/// that there are where the plan leaves them alone.
pub(super) fn as_planned(
    selection: &Selection<'_>,
    host: &HostFacts,
    (world, cluster): (&World, Option<&ClusterFacts>),
    plan: &ScopePlan,
    parts: Parts,
) -> Picture {
    let Parts { host: _, node, shared } = parts;
    let networks = match shared {
        true => asked(selection),
        false => cluster.map(found).unwrap_or_default(),
    };
    let pools = match node {
        true => predicted(&HostContext::new(selection, host, world, parts), &networks),
        false => offered(host, &networks),
    };
    Picture::of(selection.host, host, Some(plan), pools)
}

/// Returns the pools that the kubelet offers.
fn offered(host: &HostFacts, networks: &Networks) -> Pools {
    let mut devices: BTreeMap<String, BTreeSet<PciAddress>> = BTreeMap::new();
    for vf in host.physical_functions.values().flat_map(|pf| pf.vfs.values()) {
        if let (Some(resource), Some(address)) = (&vf.offered_as, vf.pci) {
            devices.entry(resource.clone()).or_default().insert(address);
        }
    }
    pools(devices, networks)
}

/// Returns the pools of documents once these are applied.
fn predicted(context: &HostContext<'_>, networks: &Networks) -> Pools {
    if !context.selection.is_decided() {
        return Pools::Unknown("it is not known which documents concern the host".to_owned());
    }
    let predicted = predict_pools(context, &plan_host(context).pfs);
    // Without a resource that is this host's, the plugin is given none.
    let predicted = predicted.filter(|predicted| !predicted.config.resources.is_empty());
    match predicted.map(|predicted| predicted.prediction.pools) {
        None => Pools::Known(Vec::new()),
        Some(Ok(of_plugin)) => {
            let devices = of_plugin.into_iter().map(|pool| (pool.resource, pool.takes.into_iter().collect()));
            pools(devices.collect(), networks)
        }
        Some(Err(ending)) => Pools::Unknown(ending.to_string()),
    }
}

/// Returns the networks of documents.
fn asked(selection: &Selection<'_>) -> Networks {
    let mut networks = Networks::new();
    for network in selection.documents.iter().flat_map(|document| &document.config.spec.networks) {
        let namespaces: Vec<String> = network.namespaces.iter().map(ToString::to_string).collect();
        let place =
            if namespaces.is_empty() { String::new() } else { format!(" in {}", namespaces.join(", ")) };
        networks.entry(network.resource.to_string()).or_default().push(format!("{}{place}", network.name));
    }
    networks
}

/// Returns the networks of a cluster.
fn found(cluster: &ClusterFacts) -> Networks {
    let mut networks = Networks::new();
    for (object, facts) in cluster.of_kind(ObjectKind::NetworkAttachmentDefinition) {
        let Some(resource) = facts.annotation(RESOURCE_ANNOTATION) else { continue };
        let place = object.namespace().map_or_else(String::new, |namespace| format!(" in {namespace}"));
        networks.entry(resource.to_owned()).or_default().push(format!("{}{place}", object.name()));
    }
    networks
}

/// Returns pools with their networks.
fn pools(devices: BTreeMap<String, BTreeSet<PciAddress>>, networks: &Networks) -> Pools {
    let pool = |(resource, devices): (String, BTreeSet<PciAddress>)| {
        let networks = networks.get(&resource).cloned().unwrap_or_default();
        Pool { resource, devices, networks }
    };
    Pools::Known(devices.into_iter().map(pool).collect())
}
