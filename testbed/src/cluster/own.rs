//! What vfctl and scenarios make in a cluster that others use, too: it is known by labels, and nothing else is touched.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use super::kubectl::Kubectl;
use super::objects::{LINES, Object};
use super::provider::ClusterError;
use crate::patience;

/// The label of vfctl's objects.
const VFCTL: &str = "app.kubernetes.io/managed-by=vfctl";
/// The label of what a scenario makes; whatever is in a namespace goes with it.
const SCENARIO: &str = "testbed.vfctl.dev/scenario";
/// The kinds that a scenario labels.
const OF_SCENARIOS: &str = "namespaces,nodes,clusterroles,clusterrolebindings,validatingwebhookconfigurations,validatingadmissionpolicies";
/// The kinds of objects that vfctl makes, or prints to be made, but for networks.
const KINDS: &str = "daemonsets,configmaps,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,\
    customresourcedefinitions,validatingadmissionpolicies,validatingadmissionpolicybindings";
/// The kind of networks, which not each cluster has.
const NETWORKS: &str = "network-attachment-definitions.k8s.cni.cncf.io";
/// How long what was deleted may take to go.
const LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(500);

/// All objects of vfctl and all of scenarios.
fn objects(kubectl: &Kubectl) -> Result<Vec<Object>, ClusterError> {
    let defined = kubectl.run(&["api-resources", "--api-group=k8s.cni.cncf.io", "--output=name"])?;
    let kinds = if defined.lines().any(|kind| kind == NETWORKS) {
        format!("{NETWORKS},{KINDS}")
    } else {
        KINDS.to_owned()
    };
    let of = |kinds: &str, label: &str| {
        kubectl.run(&["get", kinds, "--all-namespaces", "--selector", label, "--output", LINES])
    };
    let printed = of(OF_SCENARIOS, SCENARIO)? + &of(&kinds, VFCTL)?;
    Ok(printed.lines().filter_map(Object::parse).collect())
}

/// A line for each of them, in an order that is always the same.
///
/// # Errors
///
/// When the API server does not say.
pub fn lines(kubectl: &Kubectl) -> Result<Vec<String>, ClusterError> {
    let lines: BTreeSet<String> = objects(kubectl)?.iter().map(Object::line).collect();
    Ok(lines.into_iter().collect())
}

/// Deletes those that were not there before; returns what does not go.
///
/// # Errors
///
/// When something cannot be asked for.
pub fn take_back(kubectl: &Kubectl, before: &[String]) -> Result<Option<String>, ClusterError> {
    let started = Instant::now();
    loop {
        let mut left = objects(kubectl)?;
        left.retain(|object| !before.contains(&object.line()));
        if left.is_empty() {
            return Ok(None);
        }
        if started.elapsed() > patience::stretched(LIMIT) {
            return Ok(Some(left.iter().map(Object::line).collect::<Vec<_>>().join("\n")));
        }
        for object in &left {
            object.delete(kubectl, &[])?;
        }
        thread::sleep(PAUSE);
    }
}
