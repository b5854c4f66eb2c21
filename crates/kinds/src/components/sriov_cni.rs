//! SR-IOV CNI: it moves VFs into pods (images/sriov-cni-daemonset.yaml).

use super::cni_installer;
use super::row::{ComponentRow, Declaration, Installed, Serves, none};
use super::section::ComponentsSpec;

pub(super) static ROW: ComponentRow = ComponentRow {
    key: "sriovCni",
    name: "sriov-cni",
    object: "vfctl-sriov-cni",
    of: |spec: &ComponentsSpec| spec.sriov_cni.as_ref().map(Declaration::of),
    is_image: |image| image.contains("sriov-cni") && !image.contains("ib-sriov-cni"),
    definitions: none,
    rules: &[],
    config: &[],
    has_config: false,
    is_by_node: false,
    pod: cni_installer::pod,
    installed: Installed::RolledOut,
    must_clear_away: false,
    serves: Serves::Plugin("sriov"),
    keeps_state: false,
};
