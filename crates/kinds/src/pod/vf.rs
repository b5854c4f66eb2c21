//! The last link: the VF that the pod has, by what multus noted on the pod and by what its host shows.

use std::collections::BTreeMap;

use vfctl_model::{InterfaceName, JsonValue, PciAddress, VfIndex};
use vfctl_port::{HostFacts, ObjectFacts, Use, VfFacts};

use super::chain::{BreakReason, PodLink, PodLinkKind};
use super::network::Asked;
use super::plugin::has_multus;
use super::scene::Scene;
use super::walk::short;
use crate::network::RESOURCE_ANNOTATION;

/// The annotation in which multus notes which networks a pod has.
const NETWORK_STATUS: &str = "k8s.v1.cni.cncf.io/network-status";

const LINK: PodLinkKind = PodLinkKind::Vf;

/// The plugins whose interfaces stand on another one (containernetworking/plugins, plugins/main).
const ON_TOP: [&str; 5] = ["bridge", "ipvlan", "macvlan", "tap", "vlan"];

/// A network that multus has noted.
struct Noted {
    name: String,
    interface: String,
    device: Option<PciAddress>,
}

/// Checks that the pod has a VF of each network, and one of each resource that it requests.
pub(super) fn check(
    scene: &Scene<'_>,
    asked: &[Asked],
    requests: &BTreeMap<String, u64>,
    links: &mut Vec<PodLink>,
) {
    let mut noted = noted(scene);
    for Asked { network, is_default } in asked {
        let Some(facts) = scene.cluster.objects.get(&network.object()) else { continue };
        let name = network.to_string();
        // Without a namespace it is the pod's own network.
        let is_it = |one: &&Noted| {
            let wanted = network.interface.as_deref().filter(|_| !is_default);
            (one.name == name || one.name == network.name.as_str())
                && wanted.is_none_or(|wanted| wanted == one.interface)
        };
        let Some(position) = noted.iter().position(|one| is_it(&one)) else {
            links.push(not_attached(scene, &name));
            continue;
        };
        let one = noted.remove(position);
        if facts.annotation(RESOURCE_ANNOTATION).is_some() {
            links.push(of_network(scene, &name, &one, stays_on_host(facts)));
        }
    }
    let has_network_of = |resource: &str| {
        asked.iter().any(|one| {
            let facts = scene.cluster.objects.get(&one.network.object());
            facts.and_then(|facts| facts.annotation(RESOURCE_ANNOTATION)) == Some(resource)
        })
    };
    for resource in requests.keys().filter(|resource| !has_network_of(resource)) {
        links.push(of_resource(scene, resource));
    }
}

/// Returns the networks that multus has noted.
fn noted(scene: &Scene<'_>) -> Vec<Noted> {
    let text = scene.facts.annotation(NETWORK_STATUS).unwrap_or("[]");
    let list = JsonValue::from_text(text).unwrap_or_default();
    let one = |entry: &JsonValue| {
        let device = entry.at(&["device-info", "pci", "pci-address"]);
        Some(Noted {
            name: entry.field("name")?.text()?.to_owned(),
            interface: entry.field("interface").and_then(JsonValue::text).unwrap_or_default().to_owned(),
            device: device.and_then(JsonValue::text).and_then(|text| text.parse().ok()),
        })
    };
    list.members().iter().filter_map(one).collect()
}

fn not_attached(scene: &Scene<'_>, network: &str) -> PodLink {
    let (found, help) = if scene.facts.annotation(NETWORK_STATUS).is_some() {
        (
            "the pod runs, and multus has noted no such network on it: networks are attached when a pod starts, and never later",
            "create the pod again",
        )
    } else if has_multus(scene) {
        (
            "the pod runs, and multus has noted nothing on it: it was not asked when the pod started",
            "check that multus' configuration is the first in /etc/cni/net.d of the node, and create the pod again",
        )
    } else {
        (
            "the pod runs, multus has noted nothing on it, and no DaemonSet of multus is in the cluster",
            "install multus, and create the pod again",
        )
    };
    PodLink::broken(LINK, network, BreakReason::NotAttached, found).with_help(help)
}

/// Returns whether the plugin of a network puts an interface on a VF, and leaves the VF itself where it is.
fn stays_on_host(network: &ObjectFacts) -> bool {
    let config = network.content.at(&["spec", "config"]).and_then(JsonValue::text);
    let config = config.and_then(|text| JsonValue::from_text(text).ok()).unwrap_or_default();
    let first = config.field("plugins").and_then(|list| list.members().first()).unwrap_or(&config);
    first.field("type").and_then(JsonValue::text).is_some_and(|plugin| ON_TOP.contains(&plugin))
}

/// Returns the link of a network's VF.
fn of_network(scene: &Scene<'_>, network: &str, noted: &Noted, stays_on_host: bool) -> PodLink {
    let interface = &noted.interface;
    let Some(address) = noted.device else {
        let found = format!("the pod has it as {interface}; which VF that is, multus has not noted");
        return PodLink::holds(LINK, network, found);
    };
    let Some(host) = scene.node_name().and_then(|node| scene.host_of(node)) else {
        let found =
            format!("the pod has {address} as {interface}, by what multus noted; the host was not looked at");
        return PodLink::holds(LINK, network, found);
    };
    let again = "create the pod again: what its VF was is gone, and a pod is given VFs only when it starts";
    let Some((port, index, vf)) = vf_at(host, address) else {
        let found = format!("multus noted {address} for {interface}, and the host has no VF there");
        return PodLink::broken(LINK, network, BreakReason::VfGone, found).with_help(again);
    };
    if let Some(netdev) = vf.netdev.as_ref().filter(|_| !stays_on_host) {
        let found = format!(
            "multus noted {address} for {interface}, and that VF, vf {index} of {port}, is on the host as {}: it was made anew, \
             or taken back",
            netdev.name
        );
        return PodLink::broken(LINK, network, BreakReason::VfGone, found).with_help(again);
    }
    let driver =
        vf.driver.as_ref().map_or_else(|| "no driver".to_owned(), |driver| format!("driver {driver}"));
    PodLink::holds(
        LINK,
        network,
        format!("the pod has vf {index} of {port} ({address}, {driver}) as {interface}"),
    )
}

/// Returns the link of a resource without a network, whose devices the kubelet gave.
fn of_resource(scene: &Scene<'_>, resource: &str) -> PodLink {
    let Some(host) = scene.node_name().and_then(|node| scene.host_of(node)) else {
        let found = "the kubelet gave it when it started the pod; the host was not looked at";
        return PodLink::holds(LINK, resource, found);
    };
    let pod = short(scene.pod);
    let is_its = |vf: &VfFacts| vf.uses.iter().any(|one| matches!(one, Use::Pod { pod: by } if *by == pod));
    let own: Vec<String> = vfs(host)
        .filter(|(_, _, vf)| is_its(vf))
        .map(|(port, index, vf)| {
            let driver = vf
                .driver
                .as_ref()
                .map_or_else(|| "no driver".to_owned(), |driver| format!("driver {driver}"));
            format!("vf {index} of {port} ({driver})")
        })
        .collect();
    match own[..] {
        [] => PodLink::holds(
            LINK,
            resource,
            "the kubelet gave it when it started the pod; which VF that is, the host does not show",
        ),
        _ => PodLink::holds(LINK, resource, format!("the pod has {}", own.join(", "))),
    }
}

/// Returns all VFs of a host with the name of their port.
fn vfs(host: &HostFacts) -> impl Iterator<Item = (String, VfIndex, &VfFacts)> {
    host.physical_functions.iter().flat_map(|(address, pf)| {
        let name: Option<&InterfaceName> = pf.netdev.as_ref().map(|netdev| &netdev.name);
        let port = name.map_or_else(|| address.to_string(), ToString::to_string);
        pf.vfs.iter().map(move |(index, vf)| (port.clone(), *index, vf))
    })
}

fn vf_at(host: &HostFacts, address: PciAddress) -> Option<(String, VfIndex, &VfFacts)> {
    vfs(host).find(|(_, _, vf)| vf.pci == Some(address))
}
