//! k8s-rdma-shared-dev-plugin: it offers RDMA devices that several pods have at once (deployment/k8s/base of v1.5.3).
//!
//! Its ConfigMap has a key for each node, which the section `rdmaSharedPools` says, and its pods run on the nodes that have one.

use vfctl_model::JsonValue;

use super::manifest::{config_volume, everywhere, field_variable, host_path, list, mount, privileged, texts};
use super::row::{ComponentRow, Declaration, Installed, PodOrder, Serves, none};
use super::section::ComponentsSpec;
use crate::cluster::text;

/// Where the plugin finds its configuration.
const CONFIG_FOLDER: &str = "/k8s-rdma-shared-dev-plugin";

pub(super) static ROW: ComponentRow = ComponentRow {
    key: "rdmaSharedDevicePlugin",
    name: "k8s-rdma-shared-dev-plugin",
    object: "vfctl-rdma-shared-device-plugin",
    of: |spec: &ComponentsSpec| {
        let plugin = spec.rdma_shared_device_plugin.as_ref()?;
        let version = plugin.version.map(|version| version.to_string());
        Some(Declaration { version, managed: plugin.managed.as_ref() })
    },
    is_image: |image| image.contains("rdma-shared"),
    definitions: none,
    rules: &[],
    config: &[],
    has_config: true,
    is_by_node: true,
    pod,
    installed: Installed::RolledOut,
    must_clear_away: false,
    serves: Serves::NoNetwork,
    keeps_state: false,
};

fn pod(order: PodOrder<'_>) -> JsonValue {
    let PodOrder { image, name, clears_away: _ } = order;
    let file = format!("--config-file={CONFIG_FOLDER}/$(NODE_NAME)");
    let container = JsonValue::of([
        ("name", text("device-plugin")),
        ("image", text(image)),
        ("command", texts(["k8s-rdma-shared-dp"])),
        ("args", texts([&file])),
        ("env", list([field_variable("NODE_NAME", "spec.nodeName")])),
        ("securityContext", privileged()),
        ("terminationMessagePolicy", text("FallbackToLogsOnError")),
        (
            "volumeMounts",
            list([
                mount("device-plugins", "/var/lib/kubelet/device-plugins"),
                mount("plugins-registry", "/var/lib/kubelet/plugins_registry"),
                mount("config", CONFIG_FOLDER),
                mount("devices", "/dev"),
            ]),
        ),
    ]);
    JsonValue::of([
        // It looks at the interfaces of the host.
        ("hostNetwork", JsonValue::Flag(true)),
        ("automountServiceAccountToken", JsonValue::Flag(false)),
        ("priorityClassName", text("system-node-critical")),
        ("tolerations", everywhere()),
        ("containers", list([container])),
        (
            "volumes",
            list([
                host_path("device-plugins", "/var/lib/kubelet/device-plugins"),
                host_path("plugins-registry", "/var/lib/kubelet/plugins_registry"),
                config_volume("config", name),
                host_path("devices", "/dev"),
            ]),
        ),
    ])
}
