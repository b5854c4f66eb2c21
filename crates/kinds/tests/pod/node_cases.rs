//! Pods that the scheduler places on no node, by what they ask of it.

use serde_json::json;
use vfctl_kinds::pod::{BreakReason, PodLinkKind};

use crate::chains::{Case, NETWORK, with};
use crate::cluster::{starting, waiting};

/// Returns the cases.
pub(crate) fn node_cases() -> Vec<Case> {
    use BreakReason as Why;
    use PodLinkKind as At;
    vec![
        (
            with(waiting("0/1 nodes are available: 1 node(s) didn't match."), |objects| {
                objects["pod default/a"]["content"]["spec"]["nodeSelector"] = json!({"zone": "b"});
            }),
            At::Pool,
            Why::NodeLabelMissing,
            "node worker-1 has no label zone=b",
        ),
        (
            with(waiting("0/1 nodes are available: 1 node(s) didn't match."), |objects| {
                let zone = json!({"key": "zone", "operator": "In", "values": ["b", "c"]});
                let terms = json!({"nodeSelectorTerms": [{"matchExpressions": [zone]}]});
                objects["pod default/a"]["content"]["spec"]["affinity"] =
                    json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}});
            }),
            At::Pool,
            Why::NodeLabelMissing,
            "node worker-1 does not fulfil what the pod's `nodeAffinity` asks for: zone In b, c",
        ),
        (
            waiting("0/1 nodes are available: 1 Insufficient memory."),
            At::Node,
            Why::NotScheduled,
            "1 Insufficient memory.",
        ),
        (
            with(starting(None), |objects| {
                objects[NETWORK]["content"]["metadata"]["annotations"]["k8s.v1.cni.cncf.io/nodeSelector"] =
                    json!("sriov=yes");
            }),
            At::Node,
            Why::NodeLabelMissing,
            "for nodes with the label sriov=yes",
        ),
    ]
}
