//! What must hold of networks; each part is in a file of its own.

use vfctl_model::{Mbps, RateLimits, VfValue};

use super::cni_version::CniVersion;
use super::ipam::Ipam;
use super::plugin::PluginName;
use super::spec::NetworkSpec;
use super::vf_values::{NetworkRate, NetworkVlan};
use super::{offers, old_cni, overlaps, placement, ranges, routes, shared_rdma};
use crate::document::SriovConfig;
use crate::path::{SpecPath, Violation, Violations};
use crate::vf;

/// Notes the rules that networks break, alone and between them.
pub(super) fn check(documents: &[&SriovConfig], violations: &mut Violations) {
    for (position, document) in documents.iter().enumerate() {
        violations.turn_to(position);
        for (position, network) in document.spec.networks.iter().enumerate() {
            check_entry(network, &entry_path(position), violations);
        }
    }
    placement::check(documents, violations);
    overlaps::check(documents, violations);
    offers::check(documents, violations);
    old_cni::check(documents, violations);
    shared_rdma::check(documents, violations);
}

/// Returns the path of an entry of `networks`.
pub(super) fn entry_path(position: usize) -> SpecPath {
    SpecPath::spec().key("networks").index(position)
}

fn check_entry(network: &NetworkSpec, path: &SpecPath, violations: &mut Violations) {
    if let Some(NetworkVlan(tag)) = network.vlan {
        vf::check_value(VfValue::Vlan(tag), &path.key("vlan"), violations);
    }
    if let Some(rate) = network.rate {
        check_rate(rate, &path.key("rate"), violations);
    }
    placement::check_namespaces(network, path, violations);
    ranges::check(network, path, violations);
    routes::check(network, path, violations);
    check_capabilities(network, path, violations);
    check_chain(network, path, violations);
}

fn check_rate(rate: NetworkRate, path: &SpecPath, violations: &mut Violations) {
    match rate {
        NetworkRate { min: None, max: None } => violations.add(Violation::new(
            path.clone(),
            "no rate is given",
            "write `min`, `max` or both in Mbit/s, or remove `rate`",
        )),
        NetworkRate { min, max } => {
            let limits = RateLimits { min: Mbps(min.unwrap_or(0)), max: Mbps(max.unwrap_or(0)) };
            vf::check_value(VfValue::Rate(limits), path, violations);
        }
    }
}

/// Checks that something takes what pods may ask for.
fn check_capabilities(network: &NetworkSpec, path: &SpecPath, violations: &mut Violations) {
    if !network.capabilities.ips {
        return;
    }
    let path = path.key("capabilities").key("ips");
    match &network.ipam {
        None => violations.add(Violation::new(
            path,
            "`ips` needs an `ipam`: sriov-cni hands the addresses that a pod asks for to that plugin",
            "add `ipam: {type: static}`, or remove `ips`",
        )),
        Some(Ipam::Dhcp(_)) => violations.add(Violation::new(
            path,
            "the IPAM plugin dhcp takes no addresses that a pod asks for",
            "remove `ips`, or use `static` or `host-local`",
        )),
        Some(Ipam::HostLocal(_) | Ipam::Static(_) | Ipam::Whereabouts(_) | Ipam::Other(_)) => {}
    }
}

/// Checks the plugins that run after sriov-cni.
fn check_chain(network: &NetworkSpec, path: &SpecPath, violations: &mut Violations) {
    let document = violations.document();
    let path_of_chain = path.key("metaPlugins");
    if !network.meta_plugins.is_empty() && network.cni_version < CniVersion::V0_3_0 {
        let message = format!("version {} of the CNI has no chains of plugins", network.cni_version);
        let violation =
            Violation::new(path.key("cniVersion"), message, "write 0.3.0 or newer, or remove `metaPlugins`");
        violations.add(violation.with(document, path_of_chain.clone(), "the chain"));
    }
    let is_sriov = |name: &PluginName| name.as_str() == "sriov";
    for (position, _) in network.meta_plugins.iter().enumerate().filter(|(_, plugin)| is_sriov(&plugin.name))
    {
        violations.add(Violation::new(
            path_of_chain.index(position).key("type"),
            "sriov-cni is the first plugin of each network and would run twice",
            "remove the plugin; its settings are fields of the network",
        ));
    }
}
