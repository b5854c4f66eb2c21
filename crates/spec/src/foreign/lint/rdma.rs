//! Configurations of k8s-rdma-shared-dev-plugin: RDMA devices that several pods share, of VFs and of whole ports.

use std::collections::BTreeMap;

use vfctl_kinds::rdma_shared_pool::{LinkType, PLUGIN, takes_name};

use super::field::{self, Field, Others, Table, Takes, check_word, require, walk};
use super::finding::Linter;
use super::hardware::{Wanted, check_devices, check_drivers, check_vendors, texts};
use super::json::{self, Json};
use super::resource;
use super::row::Lint;
use crate::diagnostic::quoted;
use crate::yaml::{Map, Node, Span};

/// Who reads these, in messages.
pub(super) const READER: &str = PLUGIN;

const HAS_SELECTOR: &str = "move it into `selectors`: only there it counts";
const IS_RDMA: &str =
    "remove it: every resource of this plugin is of RDMA devices; `isRdma` is of sriov-network-device-plugin";

/// The keys at the top (k8s-rdma-shared-dev-plugin pkg/types/types.go, as the next two).
const TOP: Table<'static> = Table {
    reader: READER,
    fields: &[
        Field { key: "periodicUpdateInterval", takes: Takes::Number(0, i64::MAX) },
        Field { key: "configList", takes: Takes::List },
    ],
    instead: &[(
        "resourceList",
        Lint::UnknownKey,
        "write `configList`: `resourceList` is of sriov-network-device-plugin",
    )],
    others: Others::Refused,
};

/// The keys of a resource.
const RESOURCE: Table<'static> = Table {
    reader: READER,
    fields: &[
        Field { key: "resourceName", takes: Takes::Text },
        Field { key: "resourcePrefix", takes: Takes::Text },
        Field { key: "rdmaHcaMax", takes: Takes::Number(0, i32::MAX as i64) },
        Field { key: "devices", takes: Takes::Texts },
        Field { key: "selectors", takes: Takes::Map },
    ],
    instead: &[
        ("vendors", Lint::SelectorOutside, HAS_SELECTOR),
        ("deviceIDs", Lint::SelectorOutside, HAS_SELECTOR),
        ("drivers", Lint::SelectorOutside, HAS_SELECTOR),
        ("ifNames", Lint::SelectorOutside, HAS_SELECTOR),
        ("linkTypes", Lint::SelectorOutside, HAS_SELECTOR),
        ("isRdma", Lint::UnknownKey, IS_RDMA),
    ],
    others: Others::Refused,
};

/// The selectors.
const SELECTORS: Table<'static> = Table {
    reader: READER,
    fields: &[
        Field { key: "vendors", takes: Takes::Texts },
        Field { key: "deviceIDs", takes: Takes::Texts },
        Field { key: "drivers", takes: Takes::Texts },
        Field { key: "ifNames", takes: Takes::Texts },
        Field { key: "linkTypes", takes: Takes::Texts },
    ],
    instead: &[
        ("devices", Lint::UnknownKey, "write `deviceIDs`: `devices` is of sriov-network-device-plugin"),
        ("pfNames", Lint::UnknownKey, "write `ifNames`: `pfNames` is of sriov-network-device-plugin"),
        ("isRdma", Lint::UnknownKey, IS_RDMA),
        ("vendor", Lint::SingularKey, "write a list: `\"vendors\": [\"15b3\"]`"),
        ("device", Lint::SingularKey, "write a list: `\"deviceIDs\": [\"101d\"]`"),
        ("deviceID", Lint::SingularKey, "write a list: `\"deviceIDs\": [\"101d\"]`"),
        ("driver", Lint::SingularKey, "write a list: `\"drivers\": [\"mlx5_core\"]`"),
        ("ifName", Lint::SingularKey, "write a list: `\"ifNames\": [\"ens1f0\"]`"),
        ("linkType", Lint::SingularKey, "write a list: `\"linkTypes\": [\"ether\"]`"),
    ],
    others: Others::Refused,
};

/// Returns whether a map is such a configuration.
pub(super) fn is_one(map: &Map) -> bool {
    field::get(map, "configList").is_some()
}

/// Lints a configuration.
pub(super) fn lint(node: &Node, linter: &mut Linter) {
    linter.checked.rdma_configs += 1;
    let Some(map) = node.as_map() else { return };
    walk(map, TOP, linter);
    let Some(list) = field::get(map, "configList") else { return };
    let resources = json::items(&list.value);
    if matches!(Json::of(&list.value), Json::List([])) {
        linter.say(Lint::EmptyList, list.key_span, "`configList` has no entry", "add the resources to serve");
    }
    linter.checked.rdma_pools += resources.len();
    let mut names = BTreeMap::new();
    for node in resources {
        match node.as_map() {
            Some(map) => lint_resource(map, node.pointer(), &mut names, linter),
            None => linter.say(
                Lint::WrongType,
                node.pointer(),
                "a resource is keys and values",
                "write `{\"resourceName\": …}`",
            ),
        }
    }
}

fn lint_resource(map: &Map, place: Span, names: &mut BTreeMap<String, Span>, linter: &mut Linter) {
    walk(map, RESOURCE, linter);
    resource::prefix(map, linter);
    if let Some((entry, name)) = resource::name(map, place, linter) {
        if !takes_name(name) {
            resource::refused(entry, name, "letters, digits and `_`", READER, linter);
        }
        // The plugin does not look at the prefix here.
        resource::once(entry, name.to_owned(), names, READER, linter);
    }
    require(
        map,
        "rdmaHcaMax",
        place,
        "add `\"rdmaHcaMax\": 1000`, the number of pods that may share a device",
        linter,
    );
    match (field::get(map, "devices"), field::get(map, "selectors")) {
        (Some(devices), Some(selectors)) => {
            let message = format!("`devices` and `selectors` in one resource: {READER} refuses it");
            let help = "write the names of interfaces as `ifNames` of `selectors`, and remove `devices`";
            linter.say_with(
                Lint::DevicesAndSelectors,
                devices.key_span,
                message,
                help,
                (selectors.key_span, "the other"),
            );
        }
        (Some(devices), None) => {
            let help = "write `\"selectors\": {\"ifNames\": […]}`, which says the same";
            linter.say(Lint::RdmaDevices, devices.key_span, "`devices` is deprecated", help);
        }
        (None, None) => {
            let help = "add `\"selectors\": {\"ifNames\": [\"ens1f0\"]}`";
            linter.say(Lint::MissingKey, place, "`selectors` is missing here", help);
        }
        (None, Some(_)) => {}
    }
    if let Some(selectors) = field::get(map, "selectors") {
        lint_selectors(&selectors.value, linter);
    }
}

fn lint_selectors(node: &Node, linter: &mut Linter) {
    let Some(map) = node.as_map() else { return };
    walk(map, SELECTORS, linter);
    check_vendors(map, "vendors", linter);
    check_devices(map, "deviceIDs", None, linter);
    check_drivers(map, "drivers", Wanted::Any, linter);
    for (place, word) in texts(map, "linkTypes") {
        check_word("linkTypes", place, word, LinkType::WORDS, linter);
    }
    for (place, name) in texts(map, "ifNames").filter(|(_, name)| name.contains('#')) {
        let message = format!("{} is no interface: {READER} takes no set of VFs", quoted(name));
        linter.say(Lint::PortRange, place, message, "write the name of each interface");
    }
}
