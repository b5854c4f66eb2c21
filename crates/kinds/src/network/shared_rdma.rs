//! What networks and shared RDMA devices on the same hosts have to do with each other.
//!
//! Only what documents say is looked at.

use std::collections::BTreeMap;

use vfctl_model::ResourceName;

use super::rules::entry_path;
use super::spec::NetworkSpec;
use crate::document::{SriovConfig, share_a_host};
use crate::path::{SpecPath, Violation, Violations};
use crate::rdma_shared_pool::PLUGIN;

/// The CNI plugin that moves a VF's RDMA device into the pod.
const RDMA_CNI: &str = "rdma";

/// Where the shared resources of documents are asked for: the document, and the path there.
pub(super) type SharedResources<'a> = BTreeMap<&'a ResourceName, (usize, SpecPath)>;

/// Returns the shared resources of documents.
pub(super) fn shared_resources<'a>(documents: &[&'a SriovConfig]) -> SharedResources<'a> {
    let mut resources = SharedResources::new();
    for (document, config) in documents.iter().enumerate() {
        for (position, pool) in config.spec.rdma_shared_pools.iter().enumerate() {
            let path = SpecPath::spec().key("rdmaSharedPools").index(position).key("resource");
            resources.entry(&pool.resource).or_insert((document, path));
        }
    }
    resources
}

/// Reports a network whose resource is a shared one: no VF comes with it.
pub(super) fn report_shared(
    network: &NetworkSpec,
    (document, shared): &(usize, SpecPath),
    path: &SpecPath,
    violations: &mut Violations,
) {
    let message = format!(
        "`{}` has no VFs: {PLUGIN} offers it, and sriov-cni needs a VF for each pod",
        network.resource
    );
    let help = "write the resource of an entry of `pools`; pods of a shared port have another network, such as macvlan";
    let violation = Violation::new(path.key("resource"), message, help);
    violations.add(violation.with(*document, shared.clone(), "the shared resource"));
}

/// Checks that no network takes the CNI plugin `rdma` on a host with shared devices. It fails unless RDMA devices are bound to
/// network namespaces (`ensureRdmaSystemMode`, rdma-cni cmd/rdma/main.go), and there the device plugin does not start
/// (`ValidateRdmaSystemMode`, k8s-rdma-shared-dev-plugin pkg/resources/resources_manager.go).
pub(super) fn check(documents: &[&SriovConfig], violations: &mut Violations) {
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        for (number, network) in document.spec.networks.iter().enumerate() {
            let mut plugins = network.meta_plugins.iter();
            let Some(plugin) = plugins.position(|plugin| plugin.name.as_str() == RDMA_CNI) else { continue };
            let Some(other) = shares_a_host_of(network, document, documents) else { continue };
            let message = format!(
                "the CNI plugin `{RDMA_CNI}` needs RDMA devices that are bound to network namespaces, and {PLUGIN} does not start then"
            );
            let help = "remove the plugin, or share RDMA devices on other hosts, in a document of their own";
            let path = entry_path(number).key("metaPlugins").index(plugin).key("type");
            let shared = SpecPath::spec().key("rdmaSharedPools");
            violations.add(Violation::new(path, message, help).with(other, shared, "the shared devices"));
        }
    }
}

/// Returns a document that shares RDMA devices on a host of a network's VFs: of the documents whose pools offer its resource, or
/// of its own where none is known.
fn shares_a_host_of(network: &NetworkSpec, own: &SriovConfig, documents: &[&SriovConfig]) -> Option<usize> {
    let offers =
        |config: &&&SriovConfig| config.spec.pools.iter().any(|pool| pool.resource == network.resource);
    let mut places: Vec<&SriovConfig> = documents.iter().filter(offers).copied().collect();
    if places.is_empty() {
        places.push(own);
    }
    documents.iter().position(|config| {
        !config.spec.rdma_shared_pools.is_empty()
            && places.iter().any(|place| share_a_host(&config.spec, &place.spec))
    })
}
