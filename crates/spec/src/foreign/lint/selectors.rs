//! Selectors of sriov-network-device-plugin: one object of them.

use vfctl_model::{DevicePluginDeviceType, DevicePluginLevel};

use super::field::{self, Others, Table, check_word, require, walk};
use super::finding::Linter;
use super::hardware::{
    PortsBy, Wanted, check_addresses, check_devices, check_drivers, check_ports, check_vendors, texts,
};
use super::json::{self, Json};
use super::plugin::{READER, moved, newer_fields, table_fields};
use super::row::Lint;
use crate::yaml::{Map, Node};

/// Words for selectors that people write, beside those of the table.
const INSTEAD: &[(&str, Lint, &str)] = &[
    ("vendor", Lint::SingularKey, "write a list: `\"vendors\": [\"8086\"]`"),
    ("vendorID", Lint::SingularKey, "write a list: `\"vendors\": [\"8086\"]`"),
    ("device", Lint::SingularKey, "write a list: `\"devices\": [\"154c\"]`"),
    ("deviceID", Lint::SingularKey, "write a list: `\"devices\": [\"154c\"]`"),
    ("deviceIDs", Lint::SingularKey, "write `devices`: `deviceIDs` is of k8s-rdma-shared-dev-plugin"),
    ("driver", Lint::SingularKey, "write a list: `\"drivers\": [\"iavf\"]`"),
    ("pfName", Lint::SingularKey, "write a list: `\"pfNames\": [\"ens1f0\"]`"),
    ("ifName", Lint::SingularKey, "write a list: `\"pfNames\": [\"ens1f0\"]`"),
    ("ifNames", Lint::SingularKey, "write `pfNames`: `ifNames` is of k8s-rdma-shared-dev-plugin"),
    ("rootDevice", Lint::SingularKey, "write a list: `\"rootDevices\": [\"0000:3b:00.0\"]`"),
    ("pciAddress", Lint::SingularKey, "write a list: `\"pciAddresses\": [\"0000:3b:02.0\"]`"),
    ("linkType", Lint::SingularKey, "write a list: `\"linkTypes\": [\"ether\"]`"),
    ("ddpProfile", Lint::SingularKey, "write a list: `ddpProfiles`"),
    ("acpiIndex", Lint::SingularKey, "write a list: `acpiIndexes`"),
    ("pKey", Lint::SingularKey, "write a list: `pKeys`"),
    ("auxType", Lint::SingularKey, "write a list: `\"auxTypes\": [\"sf\"]`"),
];

/// Lints one object of selectors of a resource of this type.
pub(super) fn lint(node: &Node, kind: DevicePluginDeviceType, linter: &mut Linter) {
    let Json::Map(map) = Json::of(node) else {
        linter.say(
            Lint::WrongType,
            node.pointer(),
            "a selector is keys and values",
            "write `{\"pfNames\": [\"ens1f0\"]}`",
        );
        return;
    };
    let fields = table_fields(DevicePluginLevel::Selectors);
    let help = "move it out of `selectors`, beside it: only there it counts";
    let instead = moved(DevicePluginLevel::Resource, Lint::FieldInSelectors, help, INSTEAD);
    walk(map, Table { reader: READER, fields: &fields, instead: &instead, others: Others::Refused }, linter);
    newer_fields(map, DevicePluginLevel::Selectors, kind, linter);
    if map.entries.iter().all(|entry| is_empty(&entry.value)) {
        let message = format!("these selectors name nothing: the resource takes every device of type {kind}");
        let place = map.entries.first().map_or(node.span, |entry| entry.key_span);
        linter.say(
            Lint::SelectorsEmpty,
            place,
            message,
            "name the devices, such as `\"pfNames\": [\"ens1f0\"]`",
        );
    }
    check_hardware(map, kind, linter);
    check_words(map, kind, node, linter);
}

/// Returns whether a value is as good as none.
fn is_empty(value: &Node) -> bool {
    match Json::of(value) {
        Json::Nothing => true,
        Json::List(items) => items.is_empty(),
        Json::Flag(_) | Json::Number(_) | Json::Text(_) | Json::Map(_) => false,
    }
}

fn check_hardware(map: &Map, kind: DevicePluginDeviceType, linter: &mut Linter) {
    let vendors = check_vendors(map, "vendors", linter);
    // Subfunctions have the ids of their port.
    let vfs_of = (kind != DevicePluginDeviceType::AuxNetDevice).then_some(vendors.as_slice());
    check_devices(map, "devices", vfs_of, linter);
    check_drivers(map, "drivers", Wanted::Vfs(kind), linter);
    check_addresses(map, "pciAddresses", linter);
    check_ports(map, "pfNames", PortsBy::Name, linter);
    check_ports(map, "rootDevices", PortsBy::Address, linter);
}

fn check_words(map: &Map, kind: DevicePluginDeviceType, node: &Node, linter: &mut Linter) {
    for (place, word) in texts(map, "linkTypes") {
        check_word("linkTypes", place, word, &["ether", "infiniband"], linter);
    }
    if kind == DevicePluginDeviceType::AuxNetDevice {
        let help = "add `\"auxTypes\": [\"sf\"]`: the plugin refuses the resource without it";
        require(map, "auxTypes", node.pointer(), help, linter);
        for (place, word) in texts(map, "auxTypes") {
            check_word("auxTypes", place, word, &["sf"], linter);
        }
    }
    let Some(vdpa) = field::get(map, "vdpaType") else { return };
    if let Some(word) = json::text(&vdpa.value) {
        check_word("vdpaType", vdpa.value.span, word, &["virtio", "vhost"], linter);
    }
    if let Some(rdma) =
        field::get(map, "isRdma").filter(|entry| matches!(Json::of(&entry.value), Json::Flag(true)))
    {
        let message = "`vdpaType` and `isRdma` in one selector: the plugin refuses the resource";
        linter.say_with(
            Lint::VdpaWithRdma,
            vdpa.key_span,
            message,
            "remove one of the two",
            (rdma.key_span, "the other"),
        );
    }
}
