//! Whereabouts: an IPAM plugin whose ranges hold for the whole cluster (doc/crds of v0.9.2), with the loop that gives back the
//! addresses of pods that are gone.

use vfctl_model::JsonValue;

use super::manifest::{
    CNI_CONFIGURATION, CNI_PROGRAMS, Definition, everywhere, field_variable, host_path, list, mount,
    object_schema, privileged, text_schema, texts,
};
use super::row::{ComponentRow, Declaration, Installed, PodOrder, PolicyRule, Serves};
use super::section::ComponentsSpec;
use crate::cluster::text;

const GROUP: &str = "whereabouts.cni.cncf.io";
/// As upstream's DaemonSet starts it, but that the loop takes the shell's place: it hears the signal to end.
const SCRIPT: &str =
    "SLEEP=false source /install-cni.sh\n/token-watcher.sh &\nexec /ip-control-loop -log-level error\n";
const EVERY_VERB: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
const READ: &[&str] = &["get", "list", "watch"];

pub(super) static ROW: ComponentRow = ComponentRow {
    key: "whereabouts",
    name: "whereabouts",
    object: "vfctl-whereabouts",
    of: |spec: &ComponentsSpec| spec.whereabouts.as_ref().map(Declaration::of),
    is_image: |image| image.contains("whereabouts"),
    definitions,
    rules: &[
        PolicyRule {
            groups: &[GROUP],
            resources: &["ippools", "nodeslicepools", "overlappingrangeipreservations"],
            verbs: EVERY_VERB,
        },
        PolicyRule { groups: &["coordination.k8s.io"], resources: &["leases"], verbs: EVERY_VERB },
        PolicyRule { groups: &[""], resources: &["nodes", "pods"], verbs: READ },
        PolicyRule {
            groups: &["k8s.cni.cncf.io"],
            resources: &["network-attachment-definitions"],
            verbs: READ,
        },
        PolicyRule {
            groups: &["", "events.k8s.io"],
            resources: &["events"],
            verbs: &["create", "get", "patch", "update"],
        },
    ],
    // Upstream's: once a day the loop looks for addresses of pods that are gone.
    config: &[("cron-expression", "30 4 * * *")],
    has_config: true,
    is_by_node: false,
    pod,
    installed: Installed::RolledOut,
    must_clear_away: false,
    serves: Serves::Plugin("whereabouts"),
    keeps_state: true,
};

fn definitions() -> Vec<(&'static str, JsonValue)> {
    let definition = |kind, plural, singular| Definition {
        group: GROUP,
        version: "v1alpha1",
        kind,
        plural,
        singular,
        short: &[],
    };
    let of_pod = || [("id", text_schema()), ("ifname", text_schema()), ("podref", text_schema())];
    let by_offset = JsonValue::of([
        ("type", text("object")),
        ("additionalProperties", object_schema(of_pod(), &["id", "podref"])),
    ]);
    let pool =
        object_schema([("allocations", by_offset), ("range", text_schema())], &["allocations", "range"]);
    let slices =
        object_schema([("range", text_schema()), ("sliceSize", text_schema())], &["range", "sliceSize"]);
    let slice = object_schema(
        [("nodeName", text_schema()), ("sliceRange", text_schema())],
        &["nodeName", "sliceRange"],
    );
    let of_nodes = JsonValue::of([("type", text("array")), ("items", slice)]);
    let of_nodes = object_schema([("allocations", of_nodes)], &["allocations"]);
    let reservation = [("containerid", text_schema()), ("ifname", text_schema()), ("podref", text_schema())];
    let reservation = object_schema(reservation, &["podref"]);
    vec![
        (
            "ippools.whereabouts.cni.cncf.io",
            definition("IPPool", "ippools", "ippool").spec([("spec", pool)], &[]),
        ),
        (
            "nodeslicepools.whereabouts.cni.cncf.io",
            definition("NodeSlicePool", "nodeslicepools", "nodeslicepool")
                .spec([("spec", slices), ("status", of_nodes)], &[]),
        ),
        (
            "overlappingrangeipreservations.whereabouts.cni.cncf.io",
            definition(
                "OverlappingRangeIPReservation",
                "overlappingrangeipreservations",
                "overlappingrangeipreservation",
            )
            .spec([("spec", reservation)], &["spec"]),
        ),
    ]
}

fn pod(order: PodOrder<'_>) -> JsonValue {
    let PodOrder { image, name, clears_away: _ } = order;
    let container = JsonValue::of([
        ("name", text("whereabouts")),
        ("image", text(image)),
        ("command", texts(["/bin/sh", "-c"])),
        ("args", texts([SCRIPT])),
        (
            "env",
            list([
                field_variable("NODENAME", "spec.nodeName"),
                field_variable("WHEREABOUTS_NAMESPACE", "metadata.namespace"),
            ]),
        ),
        ("securityContext", privileged()),
        ("terminationMessagePolicy", text("FallbackToLogsOnError")),
        (
            "volumeMounts",
            list([
                mount("programs", CNI_PROGRAMS.1),
                mount("configuration", CNI_CONFIGURATION.1),
                mount("schedule", "/cron-schedule"),
            ]),
        ),
    ]);
    let schedule = JsonValue::of([
        ("name", text(name)),
        ("items", list([JsonValue::of([("key", text("cron-expression")), ("path", text("config"))])])),
    ]);
    JsonValue::of([
        ("hostNetwork", JsonValue::Flag(true)),
        ("serviceAccountName", text(name)),
        ("priorityClassName", text("system-node-critical")),
        ("terminationGracePeriodSeconds", JsonValue::Number(5)),
        ("tolerations", everywhere()),
        ("containers", list([container])),
        (
            "volumes",
            list([
                host_path("programs", CNI_PROGRAMS.0),
                host_path("configuration", CNI_CONFIGURATION.0),
                JsonValue::of([("name", text("schedule")), ("configMap", schedule)]),
            ]),
        ),
    ])
}
