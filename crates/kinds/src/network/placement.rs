//! Where the objects of networks are placed: in which namespaces, under which names and labels.

use std::collections::BTreeMap;

use super::rules::entry_path;
use super::spec::{MULTUS_NAMESPACE, NetworkSpec};
use crate::cluster::check_label;
use crate::document::SriovConfig;
use crate::path::{SpecPath, Violation, Violations};

/// Checks that an entry has namespaces, and as a default network the one where multus looks.
pub(super) fn check_namespaces(network: &NetworkSpec, path: &SpecPath, violations: &mut Violations) {
    let document = violations.document();
    let placements = network.placements();
    if placements.is_empty() {
        violations.add(Violation::new(
            path.clone(),
            format!("network `{}` is in no namespace, so that no pod could use it", network.name),
            "add `namespaces: [default]` with the namespaces of its pods",
        ));
    }
    let is_found = placements.iter().any(|(_, namespace)| *namespace == MULTUS_NAMESPACE);
    if network.default_network && !is_found {
        let message = format!("multus looks for default networks in the namespace {MULTUS_NAMESPACE}");
        let help =
            format!("add `{MULTUS_NAMESPACE}`, or remove `namespaces`: the network is placed there then");
        let violation = Violation::new(path.key("namespaces"), message, help);
        violations.add(violation.with(document, path.key("defaultNetwork"), "asks for a default network"));
    }
}

/// Checks the names of all networks: no two of one name in a namespace, and documents that labels can name.
pub(super) fn check(documents: &[&SriovConfig], violations: &mut Violations) {
    let mut placed = BTreeMap::new();
    for (number, document) in documents.iter().enumerate() {
        violations.turn_to(number);
        if !document.spec.networks.is_empty() {
            check_label(&document.metadata.name, SpecPath::spec().key("networks"), violations);
        }
        for (position, network) in document.spec.networks.iter().enumerate() {
            for (index, namespace) in network.placements() {
                let entry = entry_path(position);
                let path = index.map_or(entry.key("name"), |index| entry.key("namespaces").index(index));
                let place = (number, path.clone());
                let Some((first, first_path)) = placed.insert((namespace, &network.name), place) else {
                    continue;
                };
                let message = format!("namespace `{namespace}` has two networks called `{}`", network.name);
                let help = "give each network of a namespace a name of its own";
                violations.add(Violation::new(path, message, help).with(first, first_path, "the first"));
            }
        }
    }
}
