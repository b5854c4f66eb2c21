//! Addresses that two networks give out where their pods can reach one another: on one VLAN of one resource.

use std::collections::BTreeMap;

use vfctl_model::ResourceName;

use super::ipam::Ipam;
use super::ranges::{GivenOut, given_out};
use super::rules::entry_path;
use super::spec::NetworkSpec;
use super::vf_values::NetworkVlan;
use crate::document::SriovConfig;
use crate::path::{Violation, Violations};

/// Addresses, and the network that gives them out.
struct Given<'a> {
    /// The document and the entry, by number.
    entry: (usize, usize),
    network: &'a NetworkSpec,
    ipam: &'a Ipam,
    given: GivenOut,
}

/// Checks that no address is given out twice on one VLAN of one resource.
pub(super) fn check(documents: &[&SriovConfig], violations: &mut Violations) {
    let mut segments: BTreeMap<(&ResourceName, u16), Vec<Given<'_>>> = BTreeMap::new();
    for (number, document) in documents.iter().enumerate() {
        for (position, network) in document.spec.networks.iter().enumerate() {
            let Some(ipam) = &network.ipam else { continue };
            let vlan = network.vlan.map_or(0, |NetworkVlan(tag)| tag.id.get());
            let segment = segments.entry((&network.resource, vlan)).or_default();
            let given = given_out(ipam, &entry_path(position).key("ipam")).into_iter().filter(is_sound);
            segment.extend(given.map(|given| Given { entry: (number, position), network, ipam, given }));
        }
    }
    let mut found: Vec<(&Given<'_>, &Given<'_>)> = Vec::new();
    for segment in segments.values_mut() {
        segment.sort_by_key(|given| given.given.span);
    }
    for segment in segments.values() {
        // Those before the one that is looked at which reach as far as it begins.
        let mut open: Vec<&Given<'_>> = Vec::new();
        for one in segment {
            open.retain(|other| other.given.span.last >= one.given.span.first);
            let clash =
                open.iter().find(|other| other.given.span.overlaps(&one.given.span) && !agree(one, other));
            found.extend(clash.map(|other| (one, *other)));
            open.push(one);
        }
    }
    for (one, other) in found {
        let (first, later) = if one.entry < other.entry { (one, other) } else { (other, one) };
        report(first, later, violations);
    }
}

/// Returns whether the addresses are a stretch of their network; where they are not, that is a mistake of its own.
fn is_sound(GivenOut { path: _, network, span }: &GivenOut) -> bool {
    network.contains(span.first) && network.contains(span.last) && span.first <= span.last
}

/// Returns whether two that give out the same addresses never give out one twice.
fn agree(one: &Given<'_>, other: &Given<'_>) -> bool {
    match (one.ipam, other.ipam) {
        // It holds each address against what other ranges gave out, those of one pool of addresses at least.
        (Ipam::Whereabouts(a), Ipam::Whereabouts(b)) => {
            a.heeds_others() && b.heeds_others() && a.network_name == b.network_name
        }
        // They keep what they gave out in one folder, which is called as the network.
        (Ipam::HostLocal(a), Ipam::HostLocal(b)) => {
            let is_one_folder = one.network.name == other.network.name && a.data_dir == b.data_dir;
            is_one_folder && one.entry != other.entry
        }
        _ => false,
    }
}

fn report(first: &Given<'_>, later: &Given<'_>, violations: &mut Violations) {
    let span = later.given.span;
    violations.turn_to(later.entry.0);
    let violation = if first.entry == later.entry {
        let message = format!("{span} overlaps another range of the network, {}", first.given.span);
        Violation::new(later.given.path.clone(), message, "give out each address once")
    } else {
        let message = format!(
            "{span} overlaps the addresses of network `{}`, which is on the same VLAN of {}",
            first.network.name, first.network.resource
        );
        let help =
            "give each network addresses of its own, by `rangeStart` and `rangeEnd` or by another subnet";
        Violation::new(later.given.path.clone(), message, help)
    };
    let (document, path) = (first.entry.0, first.given.path.clone());
    violations.add(violation.with(document, path, format!("gives out {}", first.given.span)));
}
