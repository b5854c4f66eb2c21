//! `vfctl pod`: what it prints for networks of specs, and what it says where no pod can have them.

#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "tests")]

use std::path::Path;
use std::process::Command;

/// Runs the command on an example; returns how it ended and what it printed.
fn pod(example: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(example).join("spec.yaml");
    let output = Command::new(env!("CARGO_BIN_EXE_vfctl")).arg("pod").arg("-f").arg(spec).args(more).output();
    let output = output.expect("run vfctl");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn pod_with_two_nics_asks_for_a_vf_of_each_network() {
    let (code, out, err) = pod("cluster-two-nics", &["left", "right"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    for line in ["k8s.v1.cni.cncf.io/networks: left,right", "requests:", "limits:", "- name: main"] {
        assert!(out.contains(line), "{line}: {out}");
    }
    let (code, json, _) = pod("cluster-two-nics", &["-o", "json"]);
    assert_eq!(code, Some(0));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        json.pointer("/spec/containers/0/resources/requests"),
        json.pointer("/spec/containers/0/resources/limits")
    );
}

#[test]
fn default_network_is_named_by_its_own_annotation() {
    let (code, out, _) = pod("cluster-default-network", &[]);
    assert_eq!(code, Some(0));
    assert!(out.contains("v1.multus-cni.io/default-network: kube-system/uplink"), "{out}");
}

#[test]
fn unknown_networks_and_namespaces_are_errors() {
    let (code, out, err) = pod("cluster-two-nics", &["lefd"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("failed to find the network `lefd`: the specs have left, right"), "{err}");
    let (code, _, err) = pod("cluster-two-nics", &["--namespace", "nowhere"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("is not in the namespace `nowhere`"), "{err}");
    let (code, _, err) = pod("dpdk-e810", &[]);
    assert_eq!(code, Some(1));
    assert!(err.contains("the specs have no networks"), "{err}");
}
