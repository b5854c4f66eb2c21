//! CNI configurations: one plugin, or a chain of them. What a plugin reads is its own file's.

use vfctl_kinds::network::CniVersion;
use vfctl_kinds::suggest::{did_you_mean, plain};

use super::field::{self, Field, Others, Table, Takes, require, walk};
use super::finding::Linter;
use super::json::{self, Json};
use super::row::Lint;
use super::{ipam, sriov};
use crate::diagnostic::quoted;
use crate::yaml::{Map, Node, Span};

/// Where a configuration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// In a NetworkAttachmentDefinition: it is a further network of a pod.
    Attachment,
    /// In one where multus looks for default networks.
    SystemAttachment,
    /// In a file of its own, for a node.
    File,
}

/// Plugins that are known by name: of containernetworking/plugins, and of those that take VFs.
const PLUGINS: &[&str] = &[
    sriov::TYPE,
    "ib-sriov",
    "ovs",
    "rdma",
    "host-device",
    "macvlan",
    "ipvlan",
    "bridge",
    "vlan",
    "ptp",
    "dummy",
    "tap",
    "loopback",
    "tuning",
    "bandwidth",
    "firewall",
    "portmap",
    "sbr",
    "vrf",
    "bond",
];

/// Plugins that take a device of a resource.
const DEVICE_PLUGINS: &[&str] = &[sriov::TYPE, "ib-sriov"];

/// The keys of a chain (containernetworking/cni SPEC.md, "Network configuration format").
const CHAIN: Table<'static> = Table {
    reader: "a chain of CNI plugins",
    fields: &[
        Field { key: "cniVersion", takes: Takes::Text },
        Field { key: "cniVersions", takes: Takes::Texts },
        Field { key: "name", takes: Takes::Text },
        Field { key: "plugins", takes: Takes::List },
        Field { key: "disableCheck", takes: Takes::Any },
        Field { key: "disableGC", takes: Takes::Any },
        Field { key: "loadOnlyInlinedPlugins", takes: Takes::Any },
    ],
    instead: &[
        ("type", Lint::UnknownKey, "move it into an entry of `plugins`"),
        ("ipam", Lint::UnknownKey, "move it into an entry of `plugins`"),
        ("vlan", Lint::UnknownKey, "move it into an entry of `plugins`"),
        ("capabilities", Lint::UnknownKey, "move it into an entry of `plugins`"),
    ],
    others: Others::RefusedIfNear,
};

/// Returns whether a map is a CNI configuration.
pub(super) fn is_one(map: &Map) -> bool {
    let has = |key: &str| field::get(map, key).is_some();
    let runs = has("plugins") || field::text(map, "type").is_some();
    has("cniVersion") || (runs && (has("name") || has("ipam")))
}

/// Lints a configuration, and returns the type of the first plugin in it that takes a device of a resource.
pub(super) fn lint(node: &Node, home: Home, linter: &mut Linter) -> Option<&'static str> {
    let Some(map) = node.as_map() else {
        linter.say(
            Lint::WrongType,
            node.pointer(),
            "a CNI configuration is keys and values",
            "write `{\"cniVersion\": …}`",
        );
        return None;
    };
    let place = node.pointer();
    check_version(map, place, linter);
    check_name(map, place, home, linter);
    let Some(plugins) = field::get(map, "plugins") else {
        return plugin(map, place, home, linter);
    };
    walk(map, CHAIN, linter);
    let entries = json::items(&plugins.value);
    if matches!(Json::of(&plugins.value), Json::List([])) {
        linter.say(
            Lint::EmptyList,
            plugins.key_span,
            "`plugins` has no entry",
            "add the plugins to run, in order",
        );
    }
    let mut taker = None;
    for entry in entries {
        if let Some(map) = entry.as_map() {
            let found = plugin(map, entry.pointer(), home, linter);
            taker = taker.or(found);
        }
    }
    taker
}

fn check_version(map: &Map, place: Span, linter: &mut Linter) {
    let Some(entry) = field::get(map, "cniVersion") else {
        let help = "add `\"cniVersion\": \"1.0.0\"`, or the newest that the plugin supports: sriov-cni 2.1 and older 0.3.1";
        let message =
            "`cniVersion` is missing: this is read as version 0.1.0, whose results name no interfaces";
        return linter.say(Lint::CniVersionMissing, place, message, help);
    };
    let Some(version) = json::text(&entry.value) else { return };
    if version.parse::<CniVersion>().is_err() {
        let message = format!("no CNI plugin supports version {}", quoted(version));
        let known = CniVersion::ALL.iter().map(|version| version.as_str());
        let help = format!("write one of {}; most plugins support 1.0.0", field::listed(known));
        linter.say(Lint::CniVersionUnknown, entry.value.pointer(), message, help);
    }
}

fn check_name(map: &Map, place: Span, home: Home, linter: &mut Linter) {
    if field::text(map, "name").is_some_and(|name| !name.is_empty()) {
        return;
    }
    match home {
        Home::File => {
            require(map, "name", place, "add `\"name\": \"…\"`: a node finds the network by it", linter)
        }
        Home::Attachment | Home::SystemAttachment => {
            let help = "add `\"name\": \"…\"`: the CNI specification requires one, and only multus puts the object's there";
            linter.say(Lint::NetworkName, place, "`name` is missing here", help);
        }
    }
}

/// Lints one plugin's configuration, and returns its type where it takes a device.
fn plugin(map: &Map, place: Span, home: Home, linter: &mut Linter) -> Option<&'static str> {
    require(map, "type", place, "add `\"type\": \"sriov\"`, or the name of another plugin's program", linter);
    let entry = field::get(map, "type")?;
    let written = json::text(&entry.value)?;
    let meant = meant_plugin(written);
    if let Some(meant) = meant {
        let message = format!("there is no CNI plugin {}: the program is called `{meant}`", quoted(written));
        linter.say(
            Lint::PluginType,
            entry.value.pointer(),
            message,
            format!("write `\"type\": \"{meant}\"`"),
        );
    }
    let plugin = meant.unwrap_or(written);
    if plugin == sriov::TYPE {
        sriov::lint(map, home, linter);
    }
    if let Some(ipam) = field::get(map, "ipam") {
        ipam::lint(ipam, home, linter);
    }
    DEVICE_PLUGINS.iter().copied().find(|taker| *taker == plugin)
}

/// Returns the known plugin that is meant by a name that is none; `None` where it may be one.
fn meant_plugin(written: &str) -> Option<&'static str> {
    if PLUGINS.contains(&written) {
        return None;
    }
    let stem = plain(written);
    let stem = stem.strip_suffix("cni").unwrap_or(&stem);
    let known = PLUGINS.iter().copied().find(|known| plain(known) == stem);
    // Others may call a plugin of their own nearly so; of those that take VFs, there are these alone.
    known.or_else(|| did_you_mean(written, DEVICE_PLUGINS))
}
