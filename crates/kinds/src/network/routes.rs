//! The routes of pods through a network.

use std::collections::BTreeMap;

use vfctl_model::{IpAddress, IpNetwork};

use super::ipam::{Ipam, Route};
use super::plugin::PluginObject;
use super::ranges::given_out;
use super::spec::NetworkSpec;
use crate::path::{SpecPath, Violation, Violations};

/// Checks the routes of a network, those of its IPAM plugin included; `path` is that of the entry.
pub(super) fn check(network: &NetworkSpec, path: &SpecPath, violations: &mut Violations) {
    let ipam_path = path.key("ipam");
    check_takers(network, path, violations);
    let own: &[Route] = match &network.ipam {
        Some(Ipam::HostLocal(ipam)) => &ipam.routes,
        Some(Ipam::Static(ipam)) => &ipam.routes,
        Some(Ipam::Whereabouts(ipam)) => &ipam.routes,
        Some(Ipam::Dhcp(_) | Ipam::Other(_)) | None => &[],
    };
    let own = own.iter().enumerate().map(|(index, route)| (route, ipam_path.key("routes").index(index)));
    let more =
        network.routes.iter().enumerate().map(|(index, route)| (route, path.key("routes").index(index)));
    let networks = reachable(network, &ipam_path);
    let document = violations.document();
    let mut seen = BTreeMap::new();
    for (Route { dst, gw }, path) in own.chain(more) {
        check_destination(*dst, network.default_network, &path.key("dst"), violations);
        if let Some(first) = seen.insert(dst.network(), path.clone()) {
            let message = format!("the pod would have two routes to {}", dst.network());
            let violation = Violation::new(path.key("dst"), message, "remove one of them");
            violations.add(violation.with(document, first.key("dst"), "the first"));
        }
        if let (Some(gw), Some(networks)) = (gw, &networks) {
            check_next_hop(*gw, networks, &path.key("gw"), violations);
        }
    }
    if let Some(Ipam::Other(PluginObject { name: _, fields })) = &network.ipam {
        // Plugins that are not known spell their routes as the known ones do.
        let routes = fields.get("routes").and_then(|routes| routes.json().as_array());
        for (index, route) in routes.into_iter().flatten().enumerate() {
            let dst = route.get("dst").and_then(|dst| dst.as_str()).and_then(|dst| dst.parse().ok());
            if let Some(dst) = dst.filter(IpNetwork::is_everything) {
                let path = ipam_path.key("routes").index(index).key("dst");
                check_destination(dst, network.default_network, &path, violations);
            }
        }
    }
}

/// Checks that something sets the routes of the entry.
fn check_takers(network: &NetworkSpec, path: &SpecPath, violations: &mut Violations) {
    if network.routes.is_empty() {
        return;
    }
    let (message, help) = match &network.ipam {
        None => (
            "routes need an `ipam`: a pod without an address has no use for them".to_owned(),
            "add `ipam`, or remove `routes`".to_owned(),
        ),
        Some(Ipam::Dhcp(_)) => (
            "the IPAM plugin dhcp sets the routes of its lease and no others".to_owned(),
            "let the server send them, or remove `routes`".to_owned(),
        ),
        Some(Ipam::Other(PluginObject { name, fields: _ })) => (
            format!("how the IPAM plugin {name} takes routes is not known"),
            format!("move them into `ipam`, in the spelling of {name}"),
        ),
        Some(Ipam::HostLocal(_) | Ipam::Static(_) | Ipam::Whereabouts(_)) => return,
    };
    violations.add(Violation::new(path.key("routes"), message, help));
}

/// Returns the networks that the pod's addresses are of; `None` where that is not known before a pod is there.
fn reachable(network: &NetworkSpec, ipam_path: &SpecPath) -> Option<Vec<IpNetwork>> {
    let given = given_out(network.ipam.as_ref()?, ipam_path);
    let is_known = !given.is_empty() && !network.capabilities.ips;
    is_known.then(|| given.into_iter().map(|given| given.network.network()).collect())
}

/// Checks where a route leads to. A default route is an error and no note: it takes all traffic of each pod that has the
/// network, and the way to Services with it. Who wants it for a pod asks for it there, and multus then takes the pod's
/// other default route away.
fn check_destination(dst: IpNetwork, is_default_network: bool, path: &SpecPath, violations: &mut Violations) {
    if dst.is_everything() && !is_default_network {
        violations.add(Violation::new(
            path.clone(),
            format!("a route to {dst} takes the pod's default route, and Services do not work from the pod then"),
            "remove it; a pod that needs it asks for `default-route` in its annotation `k8s.v1.cni.cncf.io/networks`",
        ));
    } else if dst != dst.network() {
        let message = format!("{dst} has host bits set, and the kernel refuses such a route");
        violations.add(Violation::new(path.clone(), message, format!("write {}", dst.network())));
    }
}

/// Checks that the next hop is a neighbour of the pod.
fn check_next_hop(gw: IpAddress, networks: &[IpNetwork], path: &SpecPath, violations: &mut Violations) {
    if !networks.iter().any(|network| network.contains(gw)) {
        let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
        let message = format!("the next hop {gw} is outside of {}", networks.join(" and "));
        let help = "write an address of the pod's network, or remove `gw` for its gateway";
        violations.add(Violation::new(path.clone(), message, help));
    }
}
