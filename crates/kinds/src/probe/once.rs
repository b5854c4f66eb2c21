//! Addresses that two pods have at once where they can reach one another.

use std::collections::{BTreeMap, BTreeSet};

use super::row::{Comparison, ProbeRow};
use crate::network::{Ipam, NetworkSpec, NetworkVlan};

/// Which pod has which address of which network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holding {
    /// The pod with its namespace.
    pub pod: String,
    /// The network's name, without a namespace.
    pub network: String,
    /// The address, without the length of a prefix.
    pub address: String,
}

/// Returns a row for each network of a pod that has addresses: nobody else on that network, or on another of the same VLAN and
/// resource, may have them. `unread` says why the pods of others could not be read: then there may be more than is known.
pub fn rows_of_holdings(
    pod: &str,
    all: &BTreeSet<Holding>,
    networks: &[&NetworkSpec],
    unread: Option<&str>,
) -> Vec<ProbeRow> {
    let segment = |name: &str| {
        let network = networks.iter().find(|network| network.name.as_str() == name)?;
        let vlan = network.vlan.map_or(0, |NetworkVlan(tag)| tag.id.get());
        Some((network.resource.to_string(), vlan))
    };
    let reach =
        |one: &str, other: &str| one == other || segment(one).is_some_and(|one| Some(one) == segment(other));
    let mut of_network: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for mine in all.iter().filter(|mine| mine.pod == pod) {
        let others = all.iter().filter(|other| {
            other.pod != pod && other.address == mine.address && reach(&other.network, &mine.network)
        });
        let others = others.map(|other| format!("pod {} has {}", other.pod, other.address));
        of_network.entry(&mine.network).or_default().extend(others);
    }
    let row = |(network, others): (&str, BTreeSet<String>)| {
        let subject = format!("{pod} {network}");
        let (property, expected) = ("address conflict", "none");
        if let Some(why) = unread.filter(|_| others.is_empty()) {
            let why = format!("the pods of the cluster could not be read: {why}");
            return ProbeRow::not_compared(&subject, property, expected, why);
        }
        if others.is_empty() {
            return ProbeRow::of(&subject, property, expected, "none");
        }
        let found = others.into_iter().collect::<Vec<_>>().join(", ");
        let row = ProbeRow::judged(&subject, property, expected, found, Comparison::Different);
        let spec = networks.iter().find(|spec| spec.name.as_str() == network);
        row.because(match spec.and_then(|spec| spec.ipam.as_ref()) {
            Some(Ipam::Static(_)) => "IPAM overlap: static gives each pod the same address",
            _ => "IPAM overlap: the address was given out twice",
        })
    };
    of_network.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn address_is_a_conflict_only_where_pods_reach_one_another() {
        let network = |name: &str, vlan: u16| -> NetworkSpec {
            serde_json::from_value(json!({"name": name, "resource": "x.y/1", "vlan": vlan}))
                .expect("a network")
        };
        let (a, b, c) = (network("a", 1), network("b", 1), network("c", 2));
        let holding = |pod: &str, network: &str| Holding {
            pod: pod.to_owned(),
            network: network.to_owned(),
            address: "10.0.0.1".to_owned(),
        };
        let row = |other: &str, unread| {
            let all = [holding("p", "a"), holding("q", other)].into();
            rows_of_holdings("p", &all, &[&a, &b, &c], unread).remove(0)
        };
        let found = |other: &str| row(other, None).found;
        assert_eq!(row("b", Some("403")).comparison, Comparison::Different);
        assert_eq!(row("c", Some("403")).comparison, Comparison::NotCompared);
        assert_eq!(
            [found("a"), found("b"), found("c")],
            ["pod q has 10.0.0.1", "pod q has 10.0.0.1", "none"]
        );
    }
}
