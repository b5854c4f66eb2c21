//! Pods that put the program of a CNI plugin on their node and then wait: the image's own entrypoint does it.

use vfctl_model::JsonValue;

use super::manifest::{CNI_PROGRAMS, everywhere, host_path, list, mount, privileged};
use super::row::PodOrder;
use crate::cluster::text;

/// Returns such pods.
pub(super) fn pod(order: PodOrder<'_>) -> JsonValue {
    let container = JsonValue::of([
        ("name", text("install")),
        ("image", text(order.image)),
        ("securityContext", privileged()),
        ("terminationMessagePolicy", text("FallbackToLogsOnError")),
        ("volumeMounts", list([mount("programs", CNI_PROGRAMS.1)])),
    ]);
    JsonValue::of([
        // It needs no network, and must not wait for one.
        ("hostNetwork", JsonValue::Flag(true)),
        ("automountServiceAccountToken", JsonValue::Flag(false)),
        ("priorityClassName", text("system-node-critical")),
        // The shell that waits hears no signal.
        ("terminationGracePeriodSeconds", JsonValue::Number(1)),
        ("tolerations", everywhere()),
        ("containers", list([container])),
        ("volumes", list([host_path("programs", CNI_PROGRAMS.0)])),
    ])
}
