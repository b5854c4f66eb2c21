//! Multus, thin: it gives pods their further networks, by the definition that it brings along
//! (deployments/multus-daemonset.yml of v4.2.4).
//!
//! Its role is narrower than upstream's: it reads networks and changes none.

use vfctl_model::{JsonValue, ObjectKind};

use super::manifest::{
    CNI_CONFIGURATION, CNI_PROGRAMS, Definition, everywhere, host_path, list, mount, object_schema,
    privileged, text_schema, texts,
};
use super::row::{ComponentRow, Declaration, Installed, PodOrder, PolicyRule, Serves};
use super::section::ComponentsSpec;
use crate::cluster::text;

pub(super) static ROW: ComponentRow = ComponentRow {
    key: "multus",
    name: "multus",
    object: "vfctl-multus",
    of: |spec: &ComponentsSpec| spec.multus.as_ref().map(Declaration::of),
    is_image: |image| image.contains("multus"),
    definitions,
    rules: &[
        PolicyRule {
            groups: &["k8s.cni.cncf.io"],
            resources: &["network-attachment-definitions"],
            verbs: &["get", "list", "watch"],
        },
        PolicyRule { groups: &[""], resources: &["pods", "pods/status"], verbs: &["get", "update"] },
        PolicyRule {
            groups: &["", "events.k8s.io"],
            resources: &["events"],
            verbs: &["create", "patch", "update"],
        },
    ],
    config: &[],
    has_config: false,
    is_by_node: false,
    pod,
    installed: Installed::RolledOut,
    // Where its configuration stays, a node asks a program whose account is gone about each pod.
    must_clear_away: true,
    serves: Serves::EveryNetwork,
    keeps_state: false,
};

/// Returns the definition of networks.
fn definitions() -> Vec<(&'static str, JsonValue)> {
    let row = ObjectKind::NetworkAttachmentDefinition.row();
    let definition = Definition {
        group: row.group,
        version: row.version,
        kind: row.kind,
        plural: row.plural,
        singular: "network-attachment-definition",
        short: &["net-attach-def"],
    };
    let spec = object_schema([("config", text_schema())], &[]);
    vec![("network-attachment-definitions.k8s.cni.cncf.io", definition.spec([("spec", spec)], &[]))]
}

fn pod(order: PodOrder<'_>) -> JsonValue {
    let PodOrder { image, name, clears_away } = order;
    let programs = || mount("programs", CNI_PROGRAMS.1);
    let install = JsonValue::of([
        ("name", text("install")),
        ("image", text(image)),
        ("command", texts(["/install_multus", "--type", "thin"])),
        ("securityContext", privileged()),
        ("volumeMounts", list([programs()])),
    ]);
    let mut arguments = vec![
        text("--multus-conf-file=auto"),
        text(format!("--multus-autoconfig-dir={}", CNI_CONFIGURATION.1)),
        text(format!("--cni-conf-dir={}", CNI_CONFIGURATION.1)),
    ];
    arguments.extend(clears_away.then(|| text("--cleanup-config-on-exit=true")));
    let multus = JsonValue::of([
        ("name", text("multus")),
        ("image", text(image)),
        ("command", texts(["/thin_entrypoint"])),
        ("args", JsonValue::List(arguments)),
        ("securityContext", privileged()),
        ("terminationMessagePolicy", text("FallbackToLogsOnError")),
        ("volumeMounts", list([mount("configuration", CNI_CONFIGURATION.1), programs()])),
    ]);
    JsonValue::of([
        // A node has no other network before it.
        ("hostNetwork", JsonValue::Flag(true)),
        ("serviceAccountName", text(name)),
        ("priorityClassName", text("system-node-critical")),
        ("terminationGracePeriodSeconds", JsonValue::Number(10)),
        ("tolerations", everywhere()),
        ("initContainers", list([install])),
        ("containers", list([multus])),
        (
            "volumes",
            list([host_path("configuration", CNI_CONFIGURATION.0), host_path("programs", CNI_PROGRAMS.0)]),
        ),
    ])
}
