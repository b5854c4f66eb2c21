//! The link of the kubelet: whether it took the pod that the scheduler gave it.

use super::chain::{BreakReason, PodLink, PodLinkKind};
use super::scene::Scene;

/// What the kubelet calls a pod whose devices it could not give (`NewUnexpectedAdmissionError`, pkg/kubelet/lifecycle).
const UNEXPECTED: &str = "UnexpectedAdmissionError";
/// What a rejection begins with for want of a resource (`InsufficientResourceError`, pkg/kubelet/lifecycle/predicate.go).
const OUT_OF: &str = "OutOf";

/// Checks that the kubelet took the pod; returns whether there is more to look at.
pub(super) fn check(scene: &Scene<'_>, links: &mut Vec<PodLink>) -> bool {
    let Some(node) = scene.node_name() else { return false };
    let link = PodLinkKind::Admission;
    if scene.phase() != "Failed" {
        return true;
    }
    let reason = scene.status_text("reason").unwrap_or("Failed");
    let message = scene.status_text("message").unwrap_or_default();
    let found = if message.is_empty() { reason.to_owned() } else { format!("{reason}: {message}") };
    let broken = |reason| PodLink::broken(link, node, reason, found.clone());
    links.push(match reason {
        UNEXPECTED => broken(BreakReason::AdmissionRefused).with_help(
            "the device plugin could not give what the node had promised, as while it restarts: create the pod again, and let \
             the scheduler choose the node",
        ),
        _ if reason.starts_with(OUT_OF) => broken(BreakReason::PoolEmpty).with_help(
            "remove `nodeName` from the pod and let the scheduler choose the node, or make the pool there larger",
        ),
        _ => PodLink::broken(PodLinkKind::Containers, node, BreakReason::Ended, found.clone())
            .with_help("this has nothing to do with its VFs: `kubectl describe pod` and `kubectl logs` show more"),
    });
    false
}
