//! Which device a document means: each term of a matcher held against each PF.

use std::collections::BTreeSet;

use vfctl_model::{DeviceAddress, Toggle};
use vfctl_port::{HostFacts, PfFacts, Property};

use super::spec::{Matcher, PciMatch};

/// A PF that a matcher was held against.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its address.
    pub address: &'a DeviceAddress,
    /// Its facts.
    pub facts: &'a PfFacts,
    /// The host that it is in.
    pub host: &'a HostFacts,
}

/// A term that failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// The term's key, such as `driver`.
    pub key: &'static str,
    /// The value asked for.
    pub wanted: String,
    /// The value found.
    pub found: String,
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, wanted, found } = self;
        match *key {
            "anyOf" => write!(f, "no alternative of anyOf holds ({found})"),
            key => write!(f, "{key} is {found}, not {wanted}"),
        }
    }
}

/// Returns the terms of the matcher that do not hold for the candidate; none where it matches.
pub fn mismatches(matcher: &Matcher, candidate: Candidate<'_>) -> Vec<Term> {
    let Matcher {
        interface,
        altname,
        pci,
        mac_address,
        vendor,
        device,
        driver,
        serial,
        numa_node,
        link_up,
        address,
        default_route,
        bond,
        any_of,
    } = matcher;
    let Candidate { address: own_address, facts, host } = candidate;
    let netdev = facts.netdev.as_ref();
    let mut failed = Vec::new();
    let mut hold = |key, wanted: Option<String>, found: Option<String>| {
        if let Some(wanted) = wanted
            && found.as_ref() != Some(&wanted)
        {
            failed.push(Term { key, wanted, found: found.unwrap_or_else(|| "unknown".to_owned()) });
        }
    };
    let text = |value: &Option<_>| value.as_ref().map(ToString::to_string);

    hold("interface", text(interface), netdev.map(|n| n.name.to_string()));
    let altnames = netdev.map(|n| n.altnames.iter().map(ToString::to_string).collect::<Vec<_>>());
    let has_altname = altname.as_ref().is_some_and(|name| netdev.is_some_and(|n| n.altnames.contains(name)));
    let shown = altnames.map(|names| if names.is_empty() { "none".to_owned() } else { names.join(" ") });
    hold("altname", text(altname), if has_altname { text(altname) } else { shown });
    hold("pci", pci.as_ref().map(|PciMatch(device)| device.to_string()), Some(own_address.to_string()));
    let mac = netdev.map(|n| n.permanent_mac.unwrap_or(n.mac).to_string());
    hold("macAddress", mac_address.map(|m| m.to_string()), mac);
    hold("vendor", vendor.map(|v| v.to_string()), facts.vendor.map(|v| v.to_string()));
    hold("device", device.map(|d| d.to_string()), facts.device.map(|d| d.to_string()));
    hold("driver", driver.as_ref().map(ToString::to_string), facts.driver.as_ref().map(ToString::to_string));
    hold("serial", serial.clone(), facts.serial.clone());
    hold("numaNode", numa_node.map(|n| n.to_string()), facts.numa_node.map(|n| n.to_string()));
    let toggle = |flag: bool| if flag { "true" } else { "false" }.to_owned();
    hold("linkUp", link_up.map(toggle), netdev.map(|n| toggle(n.carrier)));

    let addresses = addresses(candidate);
    let lies_within = address.is_some_and(|network| addresses.iter().any(|a| network.contains(a.address())));
    let shown = if addresses.is_empty() {
        "none".to_owned()
    } else {
        addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let wanted = address.map(|a| a.to_string());
    hold("address", wanted.clone(), if lies_within { wanted } else { Some(shown) });
    hold("defaultRoute", default_route.map(toggle), Some(toggle(host.leads_to_default_route(facts))));
    let master = netdev.and_then(|n| n.master.as_ref());
    let bond_of = master.filter(|m| m.kind == "bond").map_or("none".to_owned(), |m| m.name.to_string());
    hold("bond", bond.as_ref().map(ToString::to_string), Some(bond_of));

    let alternatives: Vec<Vec<Term>> = any_of.iter().map(|matcher| mismatches(matcher, candidate)).collect();
    if !alternatives.is_empty() && !alternatives.iter().any(Vec::is_empty) {
        let found = alternatives.iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        failed.push(Term { key: "anyOf", wanted: "one of its alternatives".to_owned(), found });
    }
    failed
}

/// Returns the properties that the matcher's terms rest on, as far as they can change under a device's address.
/// Not among them is a carrier, which comes and goes.
pub fn pins(matcher: &Matcher, candidate: Candidate<'_>) -> BTreeSet<Property> {
    let terms = [
        (matcher.serial.is_some(), Property::Serial),
        (matcher.default_route.is_some(), Property::DefaultRoute),
        (matcher.bond.is_some(), Property::Master),
    ];
    let own = terms.into_iter().filter_map(|(used, property)| used.then_some(property));
    let holds = |alternative: &&Matcher| mismatches(alternative, candidate).is_empty();
    let alternatives = matcher.any_of.iter().filter(holds);
    own.chain(alternatives.flat_map(|alternative| pins(alternative, candidate))).collect()
}

/// Returns a matcher's terms for people, such as `interface eth0, driver igb`.
pub fn describe(matcher: &Matcher) -> String {
    let Matcher {
        interface,
        altname,
        pci,
        mac_address,
        vendor,
        device,
        driver,
        serial,
        numa_node,
        link_up,
        address,
        default_route,
        bond,
        any_of,
    } = matcher;
    fn term<T: ToString>(key: &str, value: Option<&T>) -> Option<String> {
        value.map(|value| format!("{key} {}", value.to_string()))
    }
    let alternatives: Vec<String> = any_of.iter().map(describe).collect();
    let terms = [
        term("interface", interface.as_ref()),
        term("altname", altname.as_ref()),
        pci.as_ref().map(|PciMatch(device)| {
            device.pci().map_or_else(|| format!("pci {device}"), |address| format!("pci {address}"))
        }),
        term("macAddress", mac_address.as_ref()),
        term("vendor", vendor.as_ref()),
        term("device", device.as_ref()),
        term("driver", driver.as_ref()),
        term("serial", serial.as_ref()),
        term("numaNode", numa_node.as_ref()),
        term("linkUp", link_up.as_ref()),
        term("address", address.as_ref()),
        term("defaultRoute", default_route.as_ref()),
        term("bond", bond.as_ref()),
        (!alternatives.is_empty()).then(|| format!("anyOf ({})", alternatives.join(" | "))),
    ];
    terms.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Returns the addresses of the PF's interface and of what stands on it: bond, bridge, VLAN.
fn addresses(candidate: Candidate<'_>) -> Vec<vfctl_model::Cidr> {
    let Candidate { address: _, facts, host } = candidate;
    let Some(netdev) = &facts.netdev else { return Vec::new() };
    let uppers = host.standing_on(&netdev.name);
    let of_uppers =
        uppers.iter().filter_map(|name| host.links.get(name)).flat_map(|link| link.addresses.iter());
    netdev.addresses.iter().chain(of_uppers).copied().collect()
}

/// Returns whether this setting is on.
pub(crate) fn is_on(toggle: Toggle) -> bool {
    toggle == Toggle::On
}
