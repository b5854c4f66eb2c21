//! What sriov-cni reads of its configuration, and which of it does not go together.

use vfctl_model::MacAddress;

use super::cni::Home;
use super::field::{self, Field, Others, Table, Takes, check_word, walk};
use super::finding::Linter;
use super::json;
use super::row::Lint;
use crate::diagnostic::quoted;
use crate::yaml::Map;

/// The plugin's type.
pub(super) const TYPE: &str = "sriov";

/// The highest VLAN id that the plugin takes (sriov-cni pkg/config/config.go).
const HIGHEST_VLAN: i64 = 4094;

/// What the plugin reads (sriov-cni pkg/types/types.go, docs/configuration-reference.md).
const FIELDS: Table<'static> = Table {
    reader: "sriov-cni",
    fields: &[
        Field { key: "cniVersion", takes: Takes::Text },
        Field { key: "name", takes: Takes::Text },
        Field { key: "type", takes: Takes::Text },
        Field { key: "deviceID", takes: Takes::Text },
        Field { key: "vlan", takes: Takes::Number(0, HIGHEST_VLAN) },
        Field { key: "vlanQoS", takes: Takes::Number(0, 7) },
        Field { key: "vlanProto", takes: Takes::Text },
        Field { key: "mac", takes: Takes::Text },
        Field { key: "spoofchk", takes: Takes::Switch },
        Field { key: "trust", takes: Takes::Switch },
        Field { key: "link_state", takes: Takes::Word(&["auto", "enable", "disable"]) },
        Field { key: "min_tx_rate", takes: Takes::Number(0, u32::MAX as i64) },
        Field { key: "max_tx_rate", takes: Takes::Number(0, u32::MAX as i64) },
        Field { key: "logLevel", takes: Takes::Word(&["panic", "error", "warning", "info", "debug"]) },
        Field { key: "logFile", takes: Takes::Text },
        Field { key: "ipam", takes: Takes::Any },
        Field { key: "dns", takes: Takes::Map },
        Field { key: "args", takes: Takes::Map },
        Field { key: "capabilities", takes: Takes::Map },
        Field { key: "runtimeConfig", takes: Takes::Map },
        Field { key: "prevResult", takes: Takes::Map },
    ],
    instead: &[
        (
            "master",
            Lint::OldSriovCni,
            "remove it: since version 2, the VF is the one that the device plugin gives to the pod",
        ),
        (
            "if0",
            Lint::OldSriovCni,
            "remove it: since version 2, the VF is the one that the device plugin gives to the pod",
        ),
        (
            "if0name",
            Lint::OldSriovCni,
            "remove it, and name the interface in the pod's annotation: `network@name`",
        ),
        ("l2enable", Lint::OldSriovCni, "remove it: without `ipam`, the interface gets no address"),
        (
            "vf",
            Lint::OldSriovCni,
            "remove it: since version 2, the VF is the one that the device plugin gives to the pod",
        ),
        ("dpdk", Lint::OldSriovCni, "remove it: the plugin sees by the VF's driver that user space takes it"),
        (
            "mtu",
            Lint::UnknownKey,
            "remove it: the MTU is set on the host, or by the plugin `tuning` after this one",
        ),
        (
            "resourceName",
            Lint::UnknownKey,
            "remove it: the annotation `k8s.v1.cni.cncf.io/resourceName` names the resource",
        ),
        ("vlanId", Lint::UnknownKey, "write `\"vlan\": 100`"),
        ("vlan_id", Lint::UnknownKey, "write `\"vlan\": 100`"),
        ("qos", Lint::UnknownKey, "write `\"vlanQoS\": 3`"),
        (
            "isRdma",
            Lint::UnknownKey,
            "remove it: `isRdma` belongs into `selectors` of the device plugin's pool",
        ),
    ],
    others: Others::Refused,
};

/// Lints the configuration of the plugin.
pub(super) fn lint(map: &Map, home: Home, linter: &mut Linter) {
    walk(map, FIELDS, linter);
    check_device(map, home, linter);
    check_vlan(map, linter);
    check_rates(map, linter);
    if let Some((entry, mac)) = field::text_entry(map, "mac")
        && mac.parse::<MacAddress>().is_err()
    {
        let message = format!("{} is not a MAC address", quoted(mac));
        linter.say(
            Lint::MacAddress,
            entry.value.pointer(),
            message,
            "write six pairs of hex digits: \"02:00:00:00:00:01\"",
        );
    }
}

fn check_device(map: &Map, home: Home, linter: &mut Linter) {
    let Some(entry) = field::get(map, "deviceID").filter(|_| home != Home::File) else { return };
    let message =
        "`deviceID` is written by hand: each pod would get the same VF, whatever the device plugin gave it";
    linter.say(
        Lint::DeviceByHand,
        entry.key_span,
        message,
        "remove it: multus fills in the VF that the pod was given",
    );
}

fn check_vlan(map: &Map, linter: &mut Linter) {
    let has_vlan = field::get(map, "vlan").is_some_and(|entry| json::number(&entry.value) != Some(0));
    if let Some(entry) = field::get(map, "vlanQoS")
        && !has_vlan
        && json::number(&entry.value).is_some_and(|qos| qos != 0)
    {
        let message = "`vlanQoS` without `vlan`: sriov-cni refuses it, and the pod does not start";
        linter.say(
            Lint::QosWithoutVlan,
            entry.value.pointer(),
            message,
            "add `\"vlan\": …`, or remove `vlanQoS`",
        );
    }
    let Some((entry, protocol)) = field::text_entry(map, "vlanProto") else { return };
    let protocol = protocol.to_ascii_lowercase();
    check_word("vlanProto", entry.value.pointer(), &protocol, &["802.1q", "802.1ad"], linter);
    if protocol == "802.1ad" && !has_vlan {
        let message = "`vlanProto` 802.1ad without `vlan`: sriov-cni refuses it, and the pod does not start";
        linter.say(
            Lint::ProtocolWithoutVlan,
            entry.value.pointer(),
            message,
            "add `\"vlan\": …`, or remove `vlanProto`",
        );
    }
}

fn check_rates(map: &Map, linter: &mut Linter) {
    let rate = |key: &str| field::get(map, key).and_then(|entry| Some((entry, json::number(&entry.value)?)));
    let (Some((min_entry, min)), Some((max_entry, max))) = (rate("min_tx_rate"), rate("max_tx_rate")) else {
        return;
    };
    // A limit of 0 is none.
    if max > 0 && min > max {
        let message = format!("`min_tx_rate` {min} is above `max_tx_rate` {max}: the kernel refuses both");
        let place = min_entry.value.pointer();
        let related = (max_entry.value.pointer(), "the limit");
        linter.say_with(
            Lint::RateMinAboveMax,
            place,
            message,
            "write a limit that is not below the guaranteed rate",
            related,
        );
    }
}
