//! What a host's plan says of networks, which are objects of its cluster.

use super::ipam::Ipam;
use super::rules::entry_path;
use crate::finding::Findings;
use crate::lane::HostContext;
use crate::path::SpecPath;

/// Adds what is to be said of the networks of each document: that nothing was compared with a cluster, and what their pods
/// and nodes need.
pub(super) fn add(context: &HostContext<'_>, findings: &mut Findings) {
    for document in context.documents {
        let networks = &document.config.spec.networks;
        if networks.is_empty() {
            continue;
        }
        if !context.plans_cluster() {
            let origin = (document.place)(&SpecPath::spec().key("networks"));
            findings.note(Some(&origin), "networks: no cluster was looked at, so nothing is done there");
        }
        for (position, network) in networks.iter().enumerate() {
            let path = entry_path(position);
            if let Some((key, value)) = network.default_network_annotation() {
                let origin = (document.place)(&path.key("defaultNetwork"));
                let message = format!(
                    "network {}: pods that have it as their default network need the annotation `{key}: {value}`",
                    network.name
                );
                findings.note(Some(&origin), message);
            }
            if let Some(Ipam::Dhcp(dhcp)) = &network.ipam {
                let origin = (document.place)(&path.key("ipam"));
                let daemon =
                    format!("network {}: dhcp needs the daemon of the CNI plugin on each node", network.name);
                let route =
                    "; a router in the lease becomes the pod's default route, and Services do not work then";
                let takes_route = dhcp.asks_for_router() && !network.default_network;
                findings.note(Some(&origin), daemon + if takes_route { route } else { "" });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vfctl_port::{HostFacts, World};

    use crate::cluster::Parts;
    use crate::document::{PlacedDocument, Selection, SriovConfig, live, plan_host};
    use crate::lane::HostContext;
    use crate::path::{Origin, SpecPath};
    use crate::sample;

    /// Returns what the plan of a host notes of a document with these networks, each with its place.
    fn notes(networks: serde_json::Value) -> Vec<(String, String)> {
        let config: SriovConfig = serde_json::from_value(json!({
            "apiVersion": "vfctl.dev/v1alpha1",
            "kind": "SriovConfig",
            "metadata": {"name": "a"},
            "spec": {"networks": networks},
        }))
        .expect("a document");
        let host: HostFacts = serde_json::from_value(sample::host()).expect("facts");
        let name: vfctl_model::HostName = "lab".parse().expect("a name");
        let world = World::of_host(name.clone(), host.clone());
        let place = |path: &SpecPath| Origin::new("a.yaml", 1, path);
        let documents = [PlacedDocument { config: &config, place: &place }];
        let selection = Selection::of(&documents, &name, None);
        let draft = plan_host(&HostContext::new(&selection, &host, &world, Parts::ALL));
        assert!(draft.findings.problems.is_empty() && draft.lanes.is_empty(), "{draft:?}");
        let place = |origin: Option<Origin>| origin.expect("a place").to_string();
        draft.findings.notes.into_iter().map(|note| (place(note.origin), note.message)).collect()
    }

    #[test]
    fn plan_says_that_networks_were_not_compared_and_what_they_need() {
        let unchecked = "networks: no cluster was looked at, so nothing is done there";
        let network = |more: serde_json::Value| {
            let mut entry = json!({"name": "a", "resource": "intel.com/a", "namespaces": ["kube-system"]});
            entry.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
            entry
        };
        let daemon = "network a: dhcp needs the daemon of the CNI plugin on each node";
        let route = format!(
            "{daemon}; a router in the lease becomes the pod's default route, and Services do not work then"
        );
        let annotation = "network a: pods that have it as their default network need the annotation \
                          `v1.multus-cni.io/default-network: kube-system/a`";
        let (ipam, default_network) = ("spec.networks[0].ipam", "spec.networks[0].defaultNetwork");
        for (entry, more) in [
            (json!({}), vec![]),
            (json!({"ipam": {"type": "dhcp"}}), vec![(ipam, route.as_str())]),
            (json!({"ipam": {"type": "dhcp", "request": [{"skipDefault": true}]}}), vec![(ipam, daemon)]),
            (
                json!({"ipam": {"request": [{"skipDefault": true}, {"option": "routers"}], "type": "dhcp"}}),
                vec![(ipam, route.as_str())],
            ),
            (json!({"defaultNetwork": true}), vec![(default_network, annotation)]),
            (
                json!({"defaultNetwork": true, "ipam": {"type": "dhcp"}}),
                vec![(default_network, annotation), (ipam, daemon)],
            ),
        ] {
            let all = [("spec.networks", unchecked)].into_iter().chain(more);
            let wanted: Vec<(String, String)> =
                all.map(|(path, note)| (format!("a.yaml:1: {path}"), note.to_owned())).collect();
            assert_eq!(notes(json!([network(entry.clone())])), wanted, "{entry}");
        }
        assert_eq!(notes(json!([])), []);
    }

    #[test]
    fn host_has_no_networks_of_its_own() {
        let host: HostFacts = serde_json::from_value(sample::host()).expect("facts");
        assert_eq!(live("a", None, &host).spec.networks, []);
    }
}
