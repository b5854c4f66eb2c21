//! A small cluster in which a pod runs with its VF, to be broken in one place by each test.

use serde_json::{Value, json};
use vfctl_kinds::pod::{PodChain, walk};
use vfctl_model::ObjectRef;
use vfctl_port::{ClusterFacts, World};

/// The networks of the pod.
pub(crate) const NETWORKS: &str = "/pod default~1a/content/metadata/annotations/k8s.v1.cni.cncf.io~1networks";

/// Returns the pod.
pub(crate) fn pod() -> ObjectRef {
    "pod default/a".parse().expect("a name")
}

/// Returns an object of these labels, annotations and fields.
pub(crate) fn object(metadata: Value, rest: Value) -> Value {
    let mut content = rest;
    content["metadata"] = metadata;
    json!({"uid": "u", "content": content})
}

/// Returns a node that offers so many VFs.
pub(crate) fn node(name: &str, offered: u32) -> Value {
    object(
        json!({"labels": {"kubernetes.io/hostname": name, "vfctl.dev/device-plugin": "active"}}),
        json!({"status": {"allocatable": {"cpu": "8", "example.com/net": offered.to_string()}}}),
    )
}

/// Returns a pod on a node that requests so many VFs.
pub(crate) fn user(node: Option<&str>, phase: &str, requests: u32) -> Value {
    let mut spec = json!({"containers": [{"name": "c", "resources": {"limits": {"example.com/net": requests.to_string()}}}]});
    if let Some(node) = node {
        spec["nodeName"] = json!(node);
    }
    object(json!({}), json!({"spec": spec, "status": {"phase": phase}}))
}

/// Returns the objects of a cluster in which pod `default/a` runs on `worker-1` with a VF of `default/tenant-a`.
pub(crate) fn well() -> Value {
    let mut pod = user(Some("worker-1"), "Running", 1);
    let status = json!([{"name": "cbr0", "default": true}, {"name": "default/tenant-a", "interface": "net1",
        "device-info": {"type": "pci", "pci": {"pci-address": "0000:01:10.0"}}}]);
    pod["content"]["metadata"] = json!({"annotations": {
        "k8s.v1.cni.cncf.io/networks": "tenant-a",
        "k8s.v1.cni.cncf.io/network-status": status.to_string(),
    }});
    let network = object(
        json!({"annotations": {"k8s.v1.cni.cncf.io/resourceName": "example.com/net"}}),
        json!({"spec": {"config": r#"{"cniVersion": "0.3.1", "name": "tenant-a", "type": "sriov"}"#}}),
    );
    let config = json!({"resourceList": [{"resourceName": "net", "resourcePrefix": "example.com",
        "selectors": {"rootDevices": ["0000:01:00.0"]}}]});
    let mut map = object(
        json!({"labels": {"app.kubernetes.io/managed-by": "vfctl"}}),
        json!({"data": {"worker-1": config.to_string()}}),
    );
    map["changedAt"] = json!("2026-01-01T10:00:00Z");
    let mut plugin = object(
        json!({}),
        json!({"spec": {"nodeName": "worker-1"}, "status": {"phase": "Running", "containerStatuses": [
            {"name": "p", "state": {"running": {"startedAt": "2026-01-01T10:00:10Z"}}}]}}),
    );
    plugin["owners"] = json!(["DaemonSet vfctl-device-plugin"]);
    let set = object(json!({"labels": {"app.kubernetes.io/managed-by": "vfctl"}}), json!({"spec": {}}));
    json!({
        "node worker-1": node("worker-1", 2),
        "pod default/a": pod,
        "network-attachment-definition default/tenant-a": network,
        "configmap kube-system/vfctl-device-plugin": map,
        "daemonset kube-system/vfctl-device-plugin": set,
        "pod kube-system/vfctl-device-plugin-x": plugin,
    })
}

/// Returns the same cluster while the pod waits for a node; `says` is the scheduler's message.
pub(crate) fn waiting(says: &str) -> Value {
    let mut objects = well();
    let pod = &mut objects["pod default/a"]["content"];
    pod["spec"].as_object_mut().expect("fields").remove("nodeName");
    pod["metadata"]["annotations"] = json!({"k8s.v1.cni.cncf.io/networks": "tenant-a"});
    pod["status"] = json!({"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": says}]});
    objects
}

/// Returns the same cluster while the pod is being made on its node; `says` is what the kubelet warns of, with its reason.
pub(crate) fn starting(says: Option<(&str, &str)>) -> Value {
    let mut objects = well();
    let pod = &mut objects["pod default/a"]["content"];
    pod["metadata"]["annotations"] = json!({"k8s.v1.cni.cncf.io/networks": "tenant-a"});
    pod["status"] = json!({"phase": "Pending", "containerStatuses": [
        {"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}]});
    if let Some((reason, message)) = says {
        objects["event default/a.1"] = event(reason, message);
    }
    objects
}

/// Returns a warning about the pod.
pub(crate) fn event(reason: &str, message: &str) -> Value {
    json!({"uid": "e", "content": {
        "involvedObject": {"kind": "Pod", "name": "a", "namespace": "default", "uid": "u"},
        "type": "Warning", "reason": reason, "message": message, "lastTimestamp": "2026-01-01T11:00:00Z"}})
}

/// Returns the facts of these objects.
pub(crate) fn facts(objects: &Value) -> ClusterFacts {
    serde_json::from_value(json!({"objects": objects})).expect("facts")
}

/// Walks the pod's chain in a cluster.
pub(crate) fn chain(cluster: ClusterFacts) -> PodChain {
    let mut world = World::empty();
    world.cluster = Some(cluster);
    walk(&world, &[], &pod())
}
