//! What keeps the pods of DaemonSets from running, such as those of vfctl's device plugin from serving a node, as far as the facts of
//! the cluster tell.

use vfctl_model::{DEVICE_PLUGIN_NAME, JsonValue, ObjectKind, ObjectName, ObjectRef};

use crate::{ClusterFacts, ObjectFacts};

/// Returns what is known of the pods of a DaemonSet that is not rolled out, a sentence for each that is not ready; where none of
/// those that were read says why, how many are ready.
pub fn roll_out_troubles(facts: &ClusterFacts, set: &ObjectRef) -> Vec<String> {
    let owner = format!("DaemonSet {}", set.name());
    let is_of_set = |(pod, facts): &(&ObjectRef, &ObjectFacts)| {
        pod.namespace() == set.namespace() && facts.owners.contains(&owner) && !facts.is_ready()
    };
    let pods = facts.of_kind(ObjectKind::Pod);
    let mut troubles: Vec<String> =
        pods.filter(is_of_set).map(|(pod, facts)| state_of_pod(pod, facts)).collect();
    if troubles.is_empty() {
        let found = facts.objects.get(set);
        let counts = found.and_then(|found| Some((found.ready_pods(), found.desired_pods()?)));
        troubles.push(match counts {
            Some((ready, wanted)) => format!("{ready} of {wanted} pods of {set} are ready"),
            None => format!("the cluster has not begun to make pods of {set}"),
        });
    }
    troubles
}

/// Returns what is known of the plugin on a node that does not offer what it should, a sentence for each of its pods; of a pod that
/// runs, where to read what it found. A container that waits says why in its status (`ContainerStateWaiting`, k8s.io/api/core/v1).
pub fn plugin_troubles(facts: &ClusterFacts, node: &ObjectName) -> Vec<String> {
    let owner = format!("DaemonSet {DEVICE_PLUGIN_NAME}");
    let is_of_plugin = |(_, facts): &(&ObjectRef, &ObjectFacts)| {
        facts.node_name() == Some(node.as_str()) && facts.owners.contains(&owner)
    };
    let pods = facts.of_kind(ObjectKind::Pod);
    let troubles: Vec<String> =
        pods.filter(is_of_plugin).map(|(pod, facts)| state_of_pod(pod, facts)).collect();
    if !troubles.is_empty() {
        return troubles;
    }
    let mut sets = facts.of_kind(ObjectKind::DaemonSet);
    let has_set = sets.any(|(set, _)| set.name().as_str() == DEVICE_PLUGIN_NAME);
    vec![match has_set {
        true => format!("node {node} has no pod of daemonset {DEVICE_PLUGIN_NAME}"),
        false => format!("the cluster has no daemonset {DEVICE_PLUGIN_NAME}"),
    }]
}

/// Returns what is known of whether a pod runs, in a sentence.
pub fn state_of_pod(pod: &ObjectRef, facts: &ObjectFacts) -> String {
    let text = |value: &JsonValue, name: &str| value.field(name)?.text().map(str::to_owned);
    let list = |name: &str| facts.content.members_at(&["status", name]);
    let said = |state: &JsonValue| {
        let reason = text(state, "reason")?;
        Some(text(state, "message").map_or_else(|| reason.clone(), |message| format!("{reason}: {message}")))
    };
    // Containers of a pod wait for those that come before them.
    let statuses = list("initContainerStatuses")
        .iter()
        .filter(|status| !is_done(status))
        .chain(list("containerStatuses"));
    let waiting = statuses
        .into_iter()
        .find_map(|status| said(status.at(&["state", "waiting"]).or(status.at(&["state", "terminated"]))?));
    let unmet = list("conditions").iter().filter(|condition| {
        text(condition, "type").as_deref() == Some("PodScheduled")
            && text(condition, "status").as_deref() == Some("False")
    });
    let unscheduled = || unmet.into_iter().find_map(said);
    let phase = facts.content.at(&["status", "phase"]).and_then(JsonValue::text).unwrap_or("Pending");
    let namespace = pod.namespace().map(ToString::to_string).unwrap_or_default();
    let log = format!("`kubectl logs -n {namespace} {}` shows what it found", pod.name());
    match waiting.or_else(unscheduled) {
        _ if facts.is_going => format!("{pod} is still on its way out"),
        Some(why) => format!("{pod} is not running: {why}"),
        None if phase == "Running" => format!("{pod} is running; {log}"),
        None => format!("{pod} is not running: {phase}"),
    }
}

/// Returns whether a container has ended well, as those that come before others do.
fn is_done(status: &JsonValue) -> bool {
    let code = status.at(&["state", "terminated", "exitCode"]);
    code == Some(&JsonValue::Number(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a cluster with a pod of the plugin on node `a`, of this status.
    fn with_pod(status: &str) -> ClusterFacts {
        let content = format!(r#"{{"spec": {{"nodeName": "a"}}, "status": {status}}}"#);
        let pod = ObjectFacts {
            owners: ["DaemonSet vfctl-device-plugin".to_owned()].into(),
            content: JsonValue::from_text(&content).expect("JSON"),
            ..ObjectFacts::default()
        };
        let objects = [("pod net/vfctl-device-plugin-x".parse().expect("a name"), pod)];
        ClusterFacts { objects: objects.into(), ..ClusterFacts::default() }
    }

    #[test]
    fn what_a_pod_waits_for_is_told() {
        for (status, expected) in [
            (
                r#"{"phase": "Pending", "containerStatuses": [{"name": "c", "state": {"waiting":
                    {"reason": "ErrImagePull", "message": "no such image"}}}]}"#,
                "pod net/vfctl-device-plugin-x is not running: ErrImagePull: no such image",
            ),
            (
                r#"{"phase": "Running", "containerStatuses": [{"name": "c", "state": {"terminated":
                    {"reason": "Error", "exitCode": 1}}}]}"#,
                "pod net/vfctl-device-plugin-x is not running: Error",
            ),
            (
                r#"{"phase": "Pending", "conditions": [{"type": "Ready", "status": "False", "reason": "r"},
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}]}"#,
                "pod net/vfctl-device-plugin-x is not running: Unschedulable: 0/3 nodes",
            ),
            (r#"{"phase": "Pending"}"#, "pod net/vfctl-device-plugin-x is not running: Pending"),
            (
                r#"{"phase": "Running", "containerStatuses": [{"name": "c", "state": {"running": {}}}]}"#,
                "pod net/vfctl-device-plugin-x is running; `kubectl logs -n net vfctl-device-plugin-x` shows what it found",
            ),
        ] {
            let node = "a".parse().expect("a name");
            assert_eq!(plugin_troubles(&with_pod(status), &node), [expected]);
        }
    }

    #[test]
    fn pod_of_a_set_that_is_not_ready_says_why() {
        let set = "daemonset net/vfctl-device-plugin".parse().expect("a name");
        for (status, expected) in [
            (
                r#"{"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": {"waiting":
                    {"reason": "ErrImagePull", "message": "no such image"}}}], "containerStatuses": [{"name": "c",
                    "state": {"waiting": {"reason": "PodInitializing"}}}]}"#,
                "pod net/vfctl-device-plugin-x is not running: ErrImagePull: no such image",
            ),
            (
                r#"{"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": {"terminated":
                    {"reason": "Completed", "exitCode": 0}}}], "containerStatuses": [{"name": "c",
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}"#,
                "pod net/vfctl-device-plugin-x is not running: CrashLoopBackOff",
            ),
            (
                r#"{"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}"#,
                "the cluster has not begun to make pods of daemonset net/vfctl-device-plugin",
            ),
        ] {
            assert_eq!(roll_out_troubles(&with_pod(status), &set), [expected]);
        }
    }

    #[test]
    fn node_without_a_pod_is_told() {
        let mut facts = with_pod("{}");
        let node = "b".parse().expect("a name");
        assert_eq!(plugin_troubles(&facts, &node), ["the cluster has no daemonset vfctl-device-plugin"]);
        let set = "daemonset net/vfctl-device-plugin".parse().expect("a name");
        facts.objects.insert(set, ObjectFacts::default());
        assert_eq!(plugin_troubles(&facts, &node), ["node b has no pod of daemonset vfctl-device-plugin"]);
    }
}
