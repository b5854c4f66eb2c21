//! IPAM: which addresses a network gives to its pods.

use std::net::IpAddr;

use vfctl_kinds::suggest::did_you_mean;
use vfctl_model::Cidr;

use super::cni::Home;
use super::field::{self, Field, Others, Table, Takes, walk};
use super::finding::Linter;
use super::json::{self, Json};
use super::row::Lint;
use crate::diagnostic::quoted;
use crate::yaml::{Entry, Map, Node, Span};

/// What is known of one IPAM plugin.
struct Plugin {
    /// Its type.
    name: &'static str,
    /// What it reads.
    table: Table<'static>,
    /// The keys of which one must be there, and what to add.
    needs: (&'static [&'static str], &'static str),
}

/// The IPAM plugins. Sources: containernetworking/plugins plugins/ipam, whereabouts pkg/types/types.go.
const PLUGINS: &[Plugin] = &[
    Plugin {
        name: "host-local",
        table: Table {
            reader: "host-local",
            fields: &[
                Field { key: "type", takes: Takes::Text },
                Field { key: "subnet", takes: Takes::Text },
                Field { key: "rangeStart", takes: Takes::Text },
                Field { key: "rangeEnd", takes: Takes::Text },
                Field { key: "gateway", takes: Takes::Text },
                Field { key: "ranges", takes: Takes::List },
                Field { key: "routes", takes: Takes::List },
                Field { key: "dataDir", takes: Takes::Text },
                Field { key: "resolvConf", takes: Takes::Text },
            ],
            instead: &[(
                "range",
                Lint::UnknownKey,
                "write `\"subnet\": \"10.0.0.0/24\"`: `range` is of whereabouts",
            )],
            others: Others::Refused,
        },
        needs: (
            &["subnet", "ranges"],
            "add `\"subnet\": \"10.0.0.0/24\"`, or `\"ranges\": [[{\"subnet\": …}]]`",
        ),
    },
    Plugin {
        name: "static",
        table: Table {
            reader: "static",
            fields: &[
                Field { key: "type", takes: Takes::Text },
                Field { key: "addresses", takes: Takes::List },
                Field { key: "routes", takes: Takes::List },
                Field { key: "dns", takes: Takes::Map },
            ],
            instead: &[],
            others: Others::RefusedIfNear,
        },
        // Addresses may come from the pod's annotation.
        needs: (&[], ""),
    },
    Plugin {
        name: "dhcp",
        table: Table {
            reader: "dhcp",
            fields: &[
                Field { key: "type", takes: Takes::Text },
                Field { key: "daemonSocketPath", takes: Takes::Text },
                Field { key: "request", takes: Takes::List },
                Field { key: "provide", takes: Takes::List },
                Field { key: "priority", takes: Takes::Any },
            ],
            instead: &[],
            others: Others::RefusedIfNear,
        },
        needs: (&[], ""),
    },
    Plugin {
        name: "whereabouts",
        table: Table {
            reader: "whereabouts",
            fields: &[
                Field { key: "type", takes: Takes::Text },
                Field { key: "range", takes: Takes::Text },
                Field { key: "range_start", takes: Takes::Text },
                Field { key: "range_end", takes: Takes::Text },
                Field { key: "ipRanges", takes: Takes::List },
                Field { key: "exclude", takes: Takes::Texts },
                Field { key: "gateway", takes: Takes::Text },
                Field { key: "routes", takes: Takes::List },
                Field { key: "addresses", takes: Takes::List },
            ],
            instead: &[(
                "subnet",
                Lint::UnknownKey,
                "write `\"range\": \"10.0.0.0/24\"`: `subnet` is of host-local",
            )],
            others: Others::RefusedIfNear,
        },
        needs: (&["range", "ipRanges", "addresses"], "add `\"range\": \"10.0.0.0/24\"`"),
    },
];

/// Lints the value of `ipam`.
pub(super) fn lint(ipam: &Entry, home: Home, linter: &mut Linter) {
    let Entry { key_span, value, .. } = ipam;
    let map = match Json::of(value) {
        Json::Map(map) => map,
        Json::Text(_) => {
            let help = "write it without the outer quotes: `\"ipam\": {\"type\": …}`; only sriov-network-operator takes a text";
            let message = "`ipam` takes keys and values, found a text: no pod of this network starts";
            return linter.say(Lint::IpamAsText, *key_span, message, help);
        }
        found @ (Json::Nothing | Json::Flag(_) | Json::Number(_) | Json::List(_)) => {
            let message = format!("`ipam` takes keys and values, found {}", found.in_words());
            return linter.say(Lint::WrongType, *key_span, message, "write `\"ipam\": {\"type\": …}`");
        }
    };
    // An empty one is as good as none.
    if map.entries.is_empty() {
        return;
    }
    field::require(
        map,
        "type",
        value.pointer(),
        "add `\"type\": \"host-local\"`, or another IPAM plugin",
        linter,
    );
    if let Some(plugin) = known(map, linter) {
        let Plugin { name, table, needs: (keys, help) } = plugin;
        walk(map, *table, linter);
        if !keys.is_empty() && keys.iter().all(|key| field::get(map, key).is_none()) {
            let message = format!("{name} needs one of {}", field::listed(keys.iter().copied()));
            linter.say(Lint::IpamWithoutAddresses, *key_span, message, *help);
        }
    }
    check_networks(map, linter);
    check_routes(map, home, linter);
}

/// Returns the IPAM plugin that is meant.
fn known(map: &Map, linter: &mut Linter) -> Option<&'static Plugin> {
    let entry = field::get(map, "type")?;
    let written = json::text(&entry.value)?;
    let find = |name: &str| PLUGINS.iter().find(|plugin| plugin.name == name);
    if let Some(plugin) = find(written) {
        return Some(plugin);
    }
    let names: Vec<&str> = PLUGINS.iter().map(|plugin| plugin.name).collect();
    let message = format!("{} is no IPAM plugin that vfctl knows", quoted(written));
    let Some(meant) = did_you_mean(written, &names) else {
        let help = format!("nothing of it is checked; known are {}", field::listed(names));
        linter.say(Lint::IpamUnknown, entry.value.pointer(), message, help);
        return None;
    };
    let help = format!("did you mean `{meant}`? `type` is the name of a program on the node");
    linter.say(Lint::IpamMisspelt, entry.value.pointer(), message, help);
    find(meant)
}

/// Checks each network with its gateway and the ends of its range, however the plugin spells them.
fn check_networks(map: &Map, linter: &mut Linter) {
    network(map, linter);
    let sets = field::get(map, "ranges").map(|entry| json::items(&entry.value)).unwrap_or_default();
    let ranges = field::get(map, "ipRanges").map(|entry| json::items(&entry.value)).unwrap_or_default();
    let addresses = field::get(map, "addresses").map(|entry| json::items(&entry.value)).unwrap_or_default();
    let within = sets.iter().flat_map(|set| match Json::of(set) {
        Json::List(items) => items,
        Json::Nothing | Json::Flag(_) | Json::Number(_) | Json::Text(_) | Json::Map(_) => {
            std::slice::from_ref(set)
        }
    });
    for node in within.chain(ranges).chain(addresses) {
        if let Some(map) = node.as_map() {
            network(map, linter);
        }
    }
}

/// Checks one network, its gateway and the ends of its range.
fn network(map: &Map, linter: &mut Linter) {
    let keys = ["subnet", "range", "address"];
    let Some((entry, written)) = keys.iter().find_map(|key| field::text_entry(map, key)) else { return };
    // Whereabouts also takes the ends of a range before the length: `10.0.0.5-10.0.0.9/24`.
    let network = written.rsplit_once('-').map_or(written, |(_, end)| end);
    let Some(network) = with_length(network) else {
        let message = format!("{} is no network", quoted(written));
        let help = "write an address and a prefix length: \"10.0.0.0/24\"";
        return linter.say(Lint::BadAddress, entry.value.pointer(), message, help);
    };
    for (key, lint) in [
        ("gateway", Lint::GatewayOutside),
        ("rangeStart", Lint::RangeOutside),
        ("rangeEnd", Lint::RangeOutside),
        ("range_start", Lint::RangeOutside),
        ("range_end", Lint::RangeOutside),
    ] {
        let Some((other, text)) = field::text_entry(map, key) else { continue };
        let Some(address) = address(other.value.pointer(), text, linter) else { continue };
        if !network.contains(address) {
            let message = format!("`{key}` {address} is outside {}", quoted(written));
            let help = format!("write an address of {}, or another network", quoted(written));
            linter.say_with(
                lint,
                other.value.pointer(),
                message,
                help,
                (entry.value.pointer(), "the network"),
            );
        }
    }
}

/// Checks the routes: where they lead, and whether one is the default route.
fn check_routes(map: &Map, home: Home, linter: &mut Linter) {
    let routes = field::get(map, "routes").map(|entry| json::items(&entry.value)).unwrap_or_default();
    for map in routes.iter().filter_map(Node::as_map) {
        if let Some((entry, gateway)) = field::text_entry(map, "gw") {
            address(entry.value.pointer(), gateway, linter);
        }
        let Some((entry, written)) = field::text_entry(map, "dst") else { continue };
        let place = entry.value.pointer();
        match with_length(written) {
            None => {
                let message = format!("{} is no network", quoted(written));
                linter.say(
                    Lint::BadAddress,
                    place,
                    message,
                    "write an address and a prefix length: \"10.0.0.0/8\"",
                );
            }
            Some(_) if written.ends_with("/0") && home == Home::Attachment => {
                default_route(place, written, linter)
            }
            Some(_) => {}
        }
    }
}

/// Says what a default route does to a pod that has a network of the cluster already.
fn default_route(place: Span, written: &str, linter: &mut Linter) {
    let message =
        format!("the route to {written} takes the pod's default route: Services stop working in it");
    let help = "name the networks behind the gateway, such as 10.0.0.0/8; for a pod that wants it, write `default-route` in its \
                annotation";
    linter.say(Lint::DefaultRoute, place, message, help);
    match linter.default_route {
        Some(first) => {
            let message = "a second network with a default route: a pod with both has whichever came last";
            let help = "keep the default route in one network at most";
            linter.say_with(Lint::DefaultRouteTwice, place, message, help, (first, "the first"));
        }
        None => linter.default_route = Some(place),
    }
}

/// Returns the address that a text is; that it is none is said.
fn address(place: Span, text: &str, linter: &mut Linter) -> Option<IpAddr> {
    let parsed = text.parse().ok();
    if parsed.is_none() {
        let message = format!("{} is no IP address", quoted(text));
        linter.say(
            Lint::BadAddress,
            place,
            message,
            "write one address without a prefix length: \"10.0.0.1\"",
        );
    }
    parsed
}

/// Returns the network of an address with a prefix length.
fn with_length(text: &str) -> Option<Cidr> {
    text.contains('/').then(|| text.parse().ok()).flatten()
}
