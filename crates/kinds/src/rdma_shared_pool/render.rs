//! Renders the pools of documents for one host as the plugin's configuration.
//!
//! What `from` refers to becomes `ifNames`, the names of the ports' interfaces: the plugin has no selector by PCI address, and ids
//! and drivers fit other ports, too. A port is therefore named once its interface is known, and another name for it is not
//! looked up: the plugin takes the first name of a device's interfaces and knows no altnames.
//!
//! The prefix `rdma` is not written: it is the default, and releases without that field have no other.

use std::collections::BTreeMap;

use vfctl_model::{DeviceAddress, InterfaceName};
use vfctl_port::PfFacts;

use super::config::{RdmaSharedConfig, RdmaSharedResource, RdmaSharedSelectors};
use super::interval;
use super::spec::RdmaSharedPoolSpec;
use crate::DesiredPf;
use crate::document::PlacedDocument;
use crate::lane::HostContext;
use crate::path::{Origin, SpecPath};

/// The plugin's name.
pub const PLUGIN: &str = "k8s-rdma-shared-dev-plugin";

/// The prefix of resources that have none of their own (`rdmaHcaResourcePrefix`, pkg/resources/resources_manager.go).
const DEFAULT_PREFIX: &str = "rdma";

/// Returns the plugin's configuration for a host; `None` where its documents have no pools. A pool of ports of which the host has
/// none is left out. `pfs` is what the documents want of the host's PFs.
pub fn rdma_shared_config(
    context: &HostContext<'_>,
    pfs: &BTreeMap<DeviceAddress, DesiredPf>,
) -> Option<RdmaSharedConfig> {
    let pools = placed_pools(context.documents);
    let resources = pools.iter().filter_map(|placed| {
        let selectors = if placed.pool.from.is_empty() {
            placed.pool.selectors.clone()
        } else {
            let if_names = interfaces(&placed.ports(context, pfs));
            RdmaSharedSelectors { if_names, ..RdmaSharedSelectors::default() }
        };
        (selectors != RdmaSharedSelectors::default()).then(|| resource(placed.pool, selectors))
    });
    let config_list = resources.collect();
    let periodic_update_interval = interval::of_host(context.documents);
    (!pools.is_empty()).then_some(RdmaSharedConfig { periodic_update_interval, config_list })
}

fn resource(pool: &RdmaSharedPoolSpec, selectors: RdmaSharedSelectors) -> RdmaSharedResource {
    let prefix = pool.resource.prefix();
    RdmaSharedResource {
        resource_name: pool.resource.name().to_owned(),
        resource_prefix: (prefix != DEFAULT_PREFIX).then(|| prefix.to_owned()),
        rdma_hca_max: pool.rdma_hca_max,
        selectors,
    }
}

/// Returns the interfaces of ports, each once, in the order in which they are referred to.
fn interfaces(ports: &[Port<'_>]) -> Vec<InterfaceName> {
    let mut names: Vec<InterfaceName> = Vec::new();
    for netdev in ports.iter().filter_map(|port| port.facts.netdev.as_ref()) {
        if !names.contains(&netdev.name) {
            names.push(netdev.name.clone());
        }
    }
    names
}

/// A pool, and where it stands.
pub(super) struct PlacedPool<'a> {
    pub(super) document: PlacedDocument<'a>,
    pub(super) pool: &'a RdmaSharedPoolSpec,
    path: SpecPath,
}

/// A PF of the host that a pool refers to.
pub(super) struct Port<'a> {
    pub(super) device: &'a DeviceAddress,
    pub(super) facts: &'a PfFacts,
    /// The document's name for it.
    pub(super) name: &'a str,
    pub(super) origin: Origin,
}

/// Returns the path of a document's pools.
pub(super) fn pools_path() -> SpecPath {
    SpecPath::spec().key("rdmaSharedPools")
}

/// Returns the pools of documents, in their order.
pub(super) fn placed_pools<'a>(documents: &'a [PlacedDocument<'a>]) -> Vec<PlacedPool<'a>> {
    let of_document = |document: &'a PlacedDocument<'a>| {
        let pools = document.config.spec.rdma_shared_pools.iter().enumerate();
        pools.map(|(position, pool)| PlacedPool {
            document: *document,
            pool,
            path: pools_path().index(position),
        })
    };
    documents.iter().flat_map(of_document).collect()
}

impl<'a> PlacedPool<'a> {
    /// Returns the place of the pool.
    pub(super) fn origin(&self) -> Origin {
        (self.document.place)(&self.path.key("resource"))
    }

    /// Returns the PFs of the host that the pool refers to, in the order of `from`.
    pub(super) fn ports(
        &self,
        context: &HostContext<'a>,
        pfs: &'a BTreeMap<DeviceAddress, DesiredPf>,
    ) -> Vec<Port<'a>> {
        let document = &self.document.config.metadata.name;
        let mut ports = Vec::new();
        for (position, reference) in self.pool.from.iter().enumerate() {
            let name = reference.physical_function.as_str();
            let wanted = format!("{document}/{name}");
            let origin = (self.document.place)(&self.path.key("from").index(position));
            for (device, _) in pfs.iter().filter(|(_, desired)| desired.name == wanted) {
                if let Some(facts) = context.host.physical_functions.get(device) {
                    ports.push(Port { device, facts, name, origin: origin.clone() });
                }
            }
        }
        ports
    }
}
