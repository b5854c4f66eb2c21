//! The pod's required node affinity, with the meaning that the scheduler gives it (`NodeSelector.Match`,
//! k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go).

use vfctl_model::{JsonValue, ObjectName};
use vfctl_port::ObjectFacts;

/// Where a pod has its alternatives: one of them must hold.
const TERMS: [&str; 5] = [
    "spec",
    "affinity",
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
];
/// The one field that `matchFields` may name.
const NAME: &str = "metadata.name";

/// Returns which requirements of the pod's node affinity do not hold for a node, of the alternative that fails in the fewest; none
/// where an alternative holds, or the pod has none.
pub(super) fn unfulfilled(pod: &ObjectFacts, name: &ObjectName, node: &ObjectFacts) -> Vec<String> {
    let terms = pod.content.members_at(&TERMS);
    let failed = terms.iter().map(|term| of_term(term, name, node));
    failed.min_by_key(Vec::len).unwrap_or_default()
}

/// Returns which requirements of an alternative do not hold: all must.
fn of_term(term: &JsonValue, name: &ObjectName, node: &ObjectFacts) -> Vec<String> {
    let (labels, fields) = (term.members_at(&["matchExpressions"]), term.members_at(&["matchFields"]));
    if labels.is_empty() && fields.is_empty() {
        return vec!["an empty term, which is no node's".to_owned()];
    }
    let of_labels = labels.iter().filter_map(|requirement| fails(requirement, |key| node.label(key)));
    let own = |key: &str| (key == NAME).then_some(name.as_str());
    of_labels.chain(fields.iter().filter_map(|requirement| fails(requirement, own))).collect()
}

/// Returns the text of a requirement that does not hold; `None` where it holds, or its operator is not known here.
fn fails<'a>(requirement: &'a JsonValue, value: impl Fn(&'a str) -> Option<&'a str>) -> Option<String> {
    let key = requirement.field("key")?.text()?;
    let operator = requirement.field("operator")?.text()?;
    let values: Vec<&str> = requirement.members_at(&["values"]).iter().filter_map(JsonValue::text).collect();
    let value = value(key);
    let is_listed = value.is_some_and(|value| values.contains(&value));
    let compared = || Some((value?.parse::<i64>().ok()?, values.first()?.parse::<i64>().ok()?));
    let holds = match operator {
        "In" => is_listed,
        "NotIn" => !is_listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared().is_some_and(|(has, limit)| has > limit),
        "Lt" => compared().is_some_and(|(has, limit)| has < limit),
        _ => true,
    };
    (!holds).then(|| format!("{key} {operator} {}", values.join(", ")).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(content: &serde_json::Value) -> ObjectFacts {
        serde_json::from_value(json!({ "uid": "", "content": content })).expect("an object")
    }

    /// Returns what fails of these alternatives on node `a`, whose labels are `zone=b` and `cores=8`.
    fn failed(terms: serde_json::Value) -> Vec<String> {
        let required = json!({ "nodeSelectorTerms": terms });
        let affinity =
            json!({ "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": required } });
        let pod = object(&json!({ "spec": { "affinity": affinity } }));
        let node = object(&json!({ "metadata": { "labels": { "zone": "b", "cores": "8" } } }));
        unfulfilled(&pod, &"a".parse().expect("a name"), &node)
    }

    fn term(key: &str, operator: &str, values: &[&str]) -> serde_json::Value {
        json!({ "matchExpressions": [{ "key": key, "operator": operator, "values": values }] })
    }

    #[test]
    fn requirements_hold_as_for_the_scheduler() {
        for (key, operator, values, holds) in [
            ("zone", "In", &["a", "b"][..], true),
            ("zone", "In", &["a"], false),
            ("none", "In", &["a"], false),
            ("zone", "NotIn", &["b"], false),
            ("none", "NotIn", &["b"], true),
            ("zone", "Exists", &[], true),
            ("none", "Exists", &[], false),
            ("none", "DoesNotExist", &[], true),
            ("cores", "Gt", &["7"], true),
            ("cores", "Gt", &["8"], false),
            ("cores", "Lt", &["9"], true),
            ("zone", "Lt", &["9"], false),
        ] {
            let failed = failed(json!([term(key, operator, values)]));
            assert_eq!(failed.is_empty(), holds, "{key} {operator} {values:?}: {failed:?}");
        }
    }

    #[test]
    fn one_alternative_is_enough_and_the_nearest_is_named() {
        let far = json!({ "matchExpressions": [
            { "key": "x", "operator": "Exists" }, { "key": "y", "operator": "Exists" }] });
        assert_eq!(failed(json!([far, term("zone", "In", &["b"])])), [""; 0]);
        assert_eq!(failed(json!([far, term("zone", "In", &["c", "d"])])), ["zone In c, d"]);
        let name =
            |name: &str| json!({ "matchFields": [{ "key": NAME, "operator": "In", "values": [name] }] });
        assert_eq!(failed(json!([name("a")])), [""; 0]);
        assert_eq!(failed(json!([name("b")])), ["metadata.name In b"]);
        assert_eq!(failed(json!([{}])), ["an empty term, which is no node's"]);
    }
}
