//! What pods request of the resources of device plugins.

use std::collections::BTreeMap;

use vfctl_model::{JsonValue, ObjectKind, ObjectRef};
use vfctl_port::{ClusterFacts, ObjectFacts};

/// Returns how many devices a pod requests of each resource: what its containers have together, or one of the init containers,
/// which run before them (`PodRequests`, k8s.io/component-helpers/resource).
pub(super) fn requested(pod: &ObjectFacts) -> BTreeMap<String, u64> {
    let of_list = |list: &str| pod.content.members_at(&["spec", list]);
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for container in of_list("containers") {
        for (resource, count) in of_container(container) {
            *sums.entry(resource).or_default() += count;
        }
    }
    for container in of_list("initContainers") {
        for (resource, count) in of_container(container) {
            let sum = sums.entry(resource).or_default();
            *sum = (*sum).max(count);
        }
    }
    sums
}

/// Returns what one container has: requests and limits of such a resource are the same, and either may be left out.
fn of_container(container: &JsonValue) -> BTreeMap<String, u64> {
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for list in ["limits", "requests"] {
        let named = container.at(&["resources", list]).into_iter().flat_map(JsonValue::fields);
        for (resource, value) in named.filter(|(resource, _)| is_extended(resource)) {
            let count = count(value).unwrap_or_default();
            let most = found.entry(resource.to_owned()).or_default();
            *most = (*most).max(count);
        }
    }
    found
}

/// Returns whether a resource is one of a device plugin (`IsExtendedResourceName`, pkg/apis/core/v1/helper/helpers.go).
fn is_extended(resource: &str) -> bool {
    let Some((prefix, _)) = resource.split_once('/') else { return false };
    prefix != "kubernetes.io" && !prefix.ends_with(".kubernetes.io") && !prefix.starts_with("hugepages-")
}

/// Returns the count that a quantity of devices is; `None` where it is none.
pub(super) fn count(value: &JsonValue) -> Option<u64> {
    match value {
        JsonValue::Number(number) => Some(*number),
        JsonValue::Text(text) => match text.strip_suffix('k') {
            Some(thousands) => thousands.parse::<u64>().ok()?.checked_mul(1000),
            None => text.parse().ok(),
        },
        _ => None,
    }
}

/// A pod that has devices of a resource on a node.
pub(super) struct Holding<'a> {
    /// The pod.
    pub(super) pod: &'a ObjectRef,
    /// How many it has.
    pub(super) count: u64,
    /// Whether it is being deleted: it has them until its containers have ended.
    pub(super) is_going: bool,
}

/// Returns which other pods have devices of a resource on a node: those that were given to it and have not ended.
pub(super) fn holdings<'a>(
    cluster: &'a ClusterFacts,
    node: &str,
    resource: &str,
    but: &ObjectRef,
) -> Vec<Holding<'a>> {
    let pods = cluster.of_kind(ObjectKind::Pod);
    let here =
        pods.filter(|(pod, facts)| facts.node_name() == Some(node) && *pod != but && !has_ended(facts));
    here.filter_map(|(pod, facts)| {
        let count = requested(facts).get(resource).copied().filter(|count| *count > 0)?;
        Some(Holding { pod, count, is_going: facts.is_going })
    })
    .collect()
}

/// Returns whether a pod has ended, and given back its devices.
pub(super) fn has_ended(pod: &ObjectFacts) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

/// Returns a pod's phase.
pub(super) fn phase(pod: &ObjectFacts) -> &str {
    pod.content.at(&["status", "phase"]).and_then(JsonValue::text).unwrap_or("Pending")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(spec: &str) -> ObjectFacts {
        let content = JsonValue::from_text(&format!(r#"{{"spec": {spec}}}"#)).expect("JSON");
        ObjectFacts { content, ..ObjectFacts::default() }
    }

    #[test]
    fn containers_add_up_and_init_containers_count_by_the_largest() {
        let facts = pod(r#"{"containers": [
                {"resources": {"limits": {"a.b/c": "2", "cpu": "1", "hugepages-2Mi": "4Mi"}}},
                {"resources": {"requests": {"a.b/c": 1, "x.kubernetes.io/y": "1"}, "limits": {"a.b/c": 1}}}],
               "initContainers": [{"resources": {"limits": {"a.b/c": "1", "d.e/f": "1k"}}}]}"#);
        let expected = [("a.b/c".to_owned(), 3), ("d.e/f".to_owned(), 1000)];
        assert_eq!(requested(&facts), expected.into());
        assert_eq!(requested(&pod("{}")), BTreeMap::new());
    }
}
