//! InfiniBand SR-IOV CNI: it moves VFs of InfiniBand ports into pods (images/ib-sriov-cni-daemonset.yaml).

use super::cni_installer;
use super::row::{ComponentRow, Declaration, Installed, Serves, none};
use super::section::ComponentsSpec;

pub(super) static ROW: ComponentRow = ComponentRow {
    key: "ibSriovCni",
    name: "ib-sriov-cni",
    object: "vfctl-ib-sriov-cni",
    of: |spec: &ComponentsSpec| spec.ib_sriov_cni.as_ref().map(Declaration::of),
    is_image: |image| image.contains("ib-sriov-cni"),
    definitions: none,
    rules: &[],
    config: &[],
    has_config: false,
    is_by_node: false,
    pod: cni_installer::pod,
    installed: Installed::RolledOut,
    must_clear_away: false,
    serves: Serves::Plugin("ib-sriov"),
    keeps_state: false,
};
