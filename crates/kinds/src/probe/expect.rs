//! What a pod of a network is to have, by the network, the pool and the physical functions, against what it has.

use std::collections::BTreeMap;

use vfctl_model::{
    DeviceAddress, DriverName, IpNetwork, Mbps, PciAddress, RateLimits, Reading, VfAttribute, VfIndex,
    VfValue,
};
use vfctl_port::{HostFacts, PfFacts, Use, VfFacts};

use super::inside::{CUT_OFF, Inside, InsideLink};
use super::network_status::AttachedNetwork;
use super::row::{Comparison, ProbeRow};
use crate::DesiredPf;
use crate::DesiredVf;
use crate::binding::DriverChoice;
use crate::network::{Ipam, NetworkSpec, NetworkVlan, given_out};
use crate::path::SpecPath;
use crate::setting::Setting;

/// Where a VF is: its PF and its number there.
#[derive(Debug, Clone, Copy)]
pub struct VfPlace<'a> {
    /// The PF.
    pub address: &'a DeviceAddress,
    /// The PF's facts.
    pub pf: &'a PfFacts,
    /// The VF's number.
    pub index: VfIndex,
    /// The VF's facts.
    pub vf: &'a VfFacts,
}

/// The host that a probe is on, where it is this one.
#[derive(Debug, Clone, Copy)]
pub struct ProbeHost<'a> {
    /// Its facts while the probe runs.
    pub facts: &'a HostFacts,
    /// What the spec wants of its PFs.
    pub pfs: &'a BTreeMap<DeviceAddress, DesiredPf>,
    /// The devices of each pool by the spec; `None` where no document has pools.
    pub pools: Option<&'a BTreeMap<String, Vec<PciAddress>>>,
}

/// A pod's network, and what there is to know of it.
#[derive(Debug, Clone, Copy)]
pub struct ProbedVf<'a> {
    /// The pod with its namespace, `default/a`.
    pub pod: &'a str,
    /// The network.
    pub network: &'a NetworkSpec,
    /// The interface that it is to have.
    pub interface: &'a str,
    /// What multus says; `None` where it says nothing of this interface.
    pub attached: Option<&'a AttachedNetwork>,
    /// What the pod says.
    pub inside: &'a Inside,
    /// The node's facts, or the reason why they are not at hand.
    pub host: Result<ProbeHost<'a>, &'a str>,
}

/// Compares a network of a pod with what is asked.
pub fn rows_of_network(probed: &ProbedVf<'_>) -> Vec<ProbeRow> {
    let subject = format!("{} {}", probed.pod, probed.network.name);
    let mut rows = rows_inside(probed, &subject);
    match probed.host {
        Ok(host) => rows.extend(rows_on_host(probed, &host, &subject)),
        Err(why) => {
            for property in asked_outside(probed.network) {
                rows.push(ProbeRow::not_compared(&subject, property.0, property.1, why));
            }
        }
    }
    rows
}

fn rows_inside(probed: &ProbedVf<'_>, subject: &str) -> Vec<ProbeRow> {
    let ProbedVf { network, interface, attached, inside, .. } = *probed;
    let named = attached.map_or("none", |attached| attached.interface.as_str());
    let mut rows = vec![ProbeRow::of(subject, "interface", interface, named)];
    let Some(link) = inside.link(interface) else {
        let why = if inside.is_whole { "the pod has no such interface" } else { CUT_OFF };
        rows.push(ProbeRow::not_compared(subject, "addresses", "", why));
        return rows;
    };
    rows.push(ProbeRow::of(subject, "state", "up", if link.up { "up" } else { "down" }));
    rows.push(match attached.and_then(|attached| attached.mac.as_deref()) {
        Some(mac) => ProbeRow::of(subject, "macAddress", mac, &link.mac),
        None => ProbeRow::shown(subject, "macAddress", &link.mac),
    });
    rows.push(match inside.is_whole {
        true => addresses(subject, network, link),
        false => ProbeRow::not_compared(subject, "addresses", "", CUT_OFF),
    });
    rows
}

/// Compares the addresses with what the network's IPAM plugin may give.
fn addresses(subject: &str, network: &NetworkSpec, link: &InsideLink) -> ProbeRow {
    let property = "addresses";
    let listed = |texts: Vec<String>| if texts.is_empty() { "none".to_owned() } else { texts.join(", ") };
    let found = listed(link.addresses.iter().map(ToString::to_string).collect());
    let given = network.ipam.as_ref().map(|ipam| given_out(ipam, &SpecPath::spec()));
    match (&network.ipam, given) {
        (None, _) | (_, None) => ProbeRow::of(subject, property, "none", found),
        (Some(Ipam::Static(_)), Some(given)) => {
            let expected = given.iter().map(|given| given.network.to_string()).collect();
            ProbeRow::of(subject, property, listed(expected), found)
        }
        (Some(_), Some(given)) if given.is_empty() => {
            let is_right = !link.addresses.is_empty();
            let comparison = if is_right { Comparison::Same } else { Comparison::Different };
            ProbeRow::judged(subject, property, "one or more", found, comparison)
        }
        (Some(_), Some(given)) => {
            let is_of = |address: &IpNetwork| {
                let address = address.address();
                given.iter().any(|given| given.span.first <= address && address <= given.span.last)
            };
            let is_right = !link.addresses.is_empty() && link.addresses.iter().all(is_of);
            let comparison = if is_right { Comparison::Same } else { Comparison::Different };
            let expected = given.iter().map(|given| given.span.to_string()).collect::<Vec<_>>().join(" or ");
            ProbeRow::judged(subject, property, expected, found, comparison)
        }
    }
}

/// Returns what a network asks of a VF that only its node shows.
fn asked_outside(network: &NetworkSpec) -> Vec<(&'static str, String)> {
    let mut asked = vec![("vf", format!("of {}", network.resource))];
    let attributes = VfAttribute::ALL.iter().copied();
    asked.extend(attributes.filter_map(|one| Some((one.key(), asked_by_network(network, one)?.to_string()))));
    asked
}

/// Returns the value of an attribute that a network asks for; `None` where it leaves it as the VF has it.
fn asked_by_network(network: &NetworkSpec, attribute: VfAttribute) -> Option<VfValue> {
    let asked = [
        (VfAttribute::Vlan, network.vlan.map(|NetworkVlan(tag)| VfValue::Vlan(tag))),
        (VfAttribute::Trust, network.trust.map(VfValue::Toggle)),
        (VfAttribute::SpoofCheck, network.spoof_check.map(VfValue::Toggle)),
        (VfAttribute::LinkState, network.link_state.map(VfValue::LinkState)),
    ];
    asked.into_iter().find(|(one, _)| *one == attribute).and_then(|(_, value)| value)
}

fn rows_on_host(probed: &ProbedVf<'_>, host: &ProbeHost<'_>, subject: &str) -> Vec<ProbeRow> {
    let Some(place) = place_of(probed, host.facts) else {
        let why = "the node does not say which VF the pod has";
        let row = |(property, expected)| ProbeRow::not_compared(subject, property, expected, why);
        return asked_outside(probed.network).into_iter().map(row).collect();
    };
    let desired = host.pfs.get(place.address).and_then(|pf| pf.vfs.get(&place.index));
    let mut rows = vec![of_pool(subject, probed.network, host, &place)];
    rows.push(of_driver(subject, desired, place.vf.driver.as_ref()));
    rows.extend(of_mtu(subject, desired, probed));
    let row = |attribute: &VfAttribute| of_attribute(subject, probed.network, desired, &place, *attribute);
    rows.extend(VfAttribute::ALL.iter().filter_map(row));
    rows
}

/// Returns the VF that a pod has: by its PCI address, or by what the node's records say of who holds it.
fn place_of<'a>(probed: &ProbedVf<'_>, host: &'a HostFacts) -> Option<VfPlace<'a>> {
    let pci = probed.attached.and_then(|attached| attached.pci);
    let holder = format!("pod {}, its interface {}", probed.pod, probed.interface);
    let vfs = host.physical_functions.iter().flat_map(|(address, pf)| {
        pf.vfs.iter().map(move |(index, vf)| VfPlace { address, pf, index: *index, vf })
    });
    let places: Vec<VfPlace<'a>> = vfs.collect();
    let by_record = |place: &&VfPlace<'_>| {
        place.vf.uses.iter().any(|one| matches!(one, Use::Cni { holder: found } if *found == holder))
    };
    let by_pci = |place: &&VfPlace<'_>| pci.is_some() && place.vf.pci == pci;
    places.iter().find(by_pci).or_else(|| places.iter().find(by_record)).copied()
}

/// Returns a VF in words: `eth0 vf 2 (0000:01:10.4)`.
fn named(place: &VfPlace<'_>) -> String {
    let pf =
        place.pf.netdev.as_ref().map_or_else(|| place.address.to_string(), |netdev| netdev.name.to_string());
    let pci = place.vf.pci.map_or_else(String::new, |pci| format!(" ({pci})"));
    format!("{pf} vf {}{pci}", place.index)
}

/// Compares the VF with those that are in the pool by the spec.
fn of_pool(subject: &str, network: &NetworkSpec, host: &ProbeHost<'_>, place: &VfPlace<'_>) -> ProbeRow {
    let resource = network.resource.to_string();
    let found = named(place);
    let Some(members) = host.pools.and_then(|pools| pools.get(&resource)) else {
        return ProbeRow::shown(subject, "vf", found);
    };
    let is_right = place.vf.pci.is_some_and(|pci| members.contains(&pci));
    let comparison = if is_right { Comparison::Same } else { Comparison::Different };
    let expected = format!("one of the {} of {resource}", members.len());
    let row = ProbeRow::judged(subject, "vf", expected, found, comparison);
    if is_right { row } else { row.because(format!("it is not in the pool {resource} of the spec")) }
}

fn of_driver(subject: &str, desired: Option<&DesiredVf>, driver: Option<&DriverName>) -> ProbeRow {
    let found = driver.map_or_else(|| "none".to_owned(), ToString::to_string);
    match desired.and_then(|vf| vf.driver.as_ref()).map(|wanted| &wanted.value) {
        Some(DriverChoice::Named(name)) => ProbeRow::of(subject, "driver", name.to_string(), found),
        Some(DriverChoice::None) => ProbeRow::of(subject, "driver", "none", found),
        Some(DriverChoice::Default) | None => ProbeRow::shown(subject, "driver", found),
    }
}

fn of_mtu(subject: &str, desired: Option<&DesiredVf>, probed: &ProbedVf<'_>) -> Option<ProbeRow> {
    let found = probed.inside.link(probed.interface)?.mtu.clone();
    Some(match desired.and_then(|vf| vf.mtu.as_ref()).map(|wanted| wanted.value) {
        Some(mtu) => ProbeRow::of(subject, "mtu", mtu.to_string(), found),
        None => ProbeRow::shown(subject, "mtu", found),
    })
}

/// Compares an attribute with what the network asks for, or else the physical function's entry; `None` where neither does.
fn of_attribute(
    subject: &str,
    network: &NetworkSpec,
    desired: Option<&DesiredVf>,
    place: &VfPlace<'_>,
    attribute: VfAttribute,
) -> Option<ProbeRow> {
    let of_pf = || match desired?.attributes.get(attribute)?.value {
        Setting::Value(value) => Some(value),
        Setting::Default if attribute == VfAttribute::MacAddress => None,
        Setting::Default => Some(attribute.factory()),
    };
    let found = place.pf.attribute(place.vf, attribute);
    let property = attribute.key();
    if attribute == VfAttribute::Rate {
        return of_rate(subject, network, of_pf(), &found);
    }
    let wanted = asked_by_network(network, attribute).or_else(of_pf)?;
    Some(match found {
        Reading::Known(value) => ProbeRow::of(subject, property, wanted.to_string(), value.to_string()),
        Reading::Unsupported if wanted == attribute.row().without => {
            ProbeRow::judged(subject, property, wanted.to_string(), "not supported", Comparison::Same)
        }
        Reading::Unsupported => ProbeRow::of(subject, property, wanted.to_string(), "not supported"),
        Reading::Unreadable(why) => ProbeRow::not_compared(subject, property, wanted.to_string(), why),
    })
}

/// Compares the rates: a network may ask for one of them alone.
fn of_rate(
    subject: &str,
    network: &NetworkSpec,
    of_pf: Option<VfValue>,
    found: &Reading<VfValue>,
) -> Option<ProbeRow> {
    if of_pf.is_none() && network.rate.is_none() {
        return None;
    }
    let now = if let Reading::Known(value) = found { Some(*value) } else { None };
    let before = match of_pf.or(now) {
        Some(VfValue::Rate(limits)) => limits,
        _ => RateLimits::NONE,
    };
    let rate = network.rate.unwrap_or_default();
    let wanted =
        RateLimits { min: rate.min.map_or(before.min, Mbps), max: rate.max.map_or(before.max, Mbps) };
    Some(match found {
        Reading::Known(value) => ProbeRow::of(subject, "rate", wanted.to_string(), value.to_string()),
        Reading::Unsupported => ProbeRow::of(subject, "rate", wanted.to_string(), "not supported"),
        Reading::Unreadable(why) => ProbeRow::not_compared(subject, "rate", wanted.to_string(), why.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_that_is_cut_off_shows_no_addresses() {
        let json = serde_json::json!({"name": "a", "resource": "x.y/1"});
        let network: NetworkSpec = serde_json::from_value(json).expect("a network");
        let comparison = |message: &str| {
            let inside = Inside::read(message);
            let host = Err("elsewhere");
            let probed = ProbedVf {
                pod: "p",
                network: &network,
                interface: "net1",
                attached: None,
                inside: &inside,
                host,
            };
            let rows = rows_of_network(&probed);
            rows.into_iter().find(|row| row.property == "addresses").map(|row| row.comparison)
        };
        let message = "link net1 02:00:00:00:00:01 1500 0x1003 1\nend";
        assert_eq!(comparison(&format!("begin\n{message}")), Some(Comparison::Same));
        assert_eq!(comparison(message), Some(Comparison::NotCompared));
    }
}
