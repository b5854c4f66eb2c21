//! Nodes by their labels, with the meaning that Kubernetes gives its own label selectors.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{LabelKey, LabelValue};

use crate::path::{SpecPath, Violation, Violations};

/// Nodes by their labels, as Kubernetes selects objects (`LabelSelector`, k8s.io/apimachinery/pkg/apis/meta/v1/types.go): all
/// that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schemars(extend("minProperties" = 1))]
pub struct LabelSelector {
    /// The labels that a node must have, each with its value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<LabelKey, LabelValue>,
    /// What must hold of single labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<LabelRequirement>,
}

/// What must hold of one label (`Requirement.Matches`, k8s.io/apimachinery/pkg/labels/selector.go).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LabelRequirement {
    /// The key of the label.
    pub key: LabelKey,
    /// What must hold.
    pub operator: LabelOperator,
    /// The values for `In` and `NotIn`; `Exists` and `DoesNotExist` take none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<LabelValue>,
}

/// What must hold of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum LabelOperator {
    /// The node has it, with one of the values.
    In,
    /// The node has it with none of the values, or does not have it.
    NotIn,
    /// The node has it.
    Exists,
    /// The node does not have it.
    DoesNotExist,
}

impl LabelOperator {
    /// Returns the operator as documents write it.
    fn word(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Exists => "Exists",
            Self::DoesNotExist => "DoesNotExist",
        }
    }

    /// Returns whether the operator compares the label with values.
    fn takes_values(self) -> bool {
        match self {
            Self::In | Self::NotIn => true,
            Self::Exists | Self::DoesNotExist => false,
        }
    }
}

/// A requirement without regard to where and in which order it was written.
pub(super) type Term<'a> = (&'a LabelKey, LabelOperator, BTreeSet<&'a LabelValue>);

impl LabelSelector {
    /// Returns whether all requirements hold for labels; `label` returns the value of one.
    pub(super) fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.terms().into_iter().all(|(key, operator, values)| {
            let value = label(key.as_str());
            let is_listed = |value: &str| values.iter().any(|listed| listed.as_str() == value);
            match operator {
                LabelOperator::In => value.is_some_and(is_listed),
                LabelOperator::NotIn => !value.is_some_and(is_listed),
                LabelOperator::Exists => value.is_some(),
                LabelOperator::DoesNotExist => value.is_none(),
            }
        })
    }

    /// Returns the requirements: a label of `matchLabels` is `In` with one value.
    pub(super) fn terms(&self) -> BTreeSet<Term<'_>> {
        let Self { match_labels, match_expressions } = self;
        let labels = match_labels.iter().map(|(key, value)| (key, LabelOperator::In, [value].into()));
        let expressions = match_expressions.iter().map(|LabelRequirement { key, operator, values }| {
            (key, *operator, values.iter().collect::<BTreeSet<_>>())
        });
        labels.chain(expressions).collect()
    }

    /// Notes the rules that the selector breaks; `path` is its own. Kubernetes has the same rules
    /// (`ValidateLabelSelectorRequirement`, k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go), but that there an
    /// empty selector means every node.
    pub(super) fn check(&self, path: &SpecPath, violations: &mut Violations) {
        let Self { match_labels, match_expressions } = self;
        if match_labels.is_empty() && match_expressions.is_empty() {
            violations.add(Violation::new(
                path.clone(),
                "a label selector without requirements would select every node",
                "write `matchLabels: {KEY: VALUE}` or `matchExpressions`; every node is `names: [\"*\"]`",
            ));
        }
        for (position, LabelRequirement { key, operator, values }) in match_expressions.iter().enumerate() {
            let path = path.key("matchExpressions").index(position);
            let word = operator.word();
            match (operator.takes_values(), values.is_empty()) {
                (true, true) => violations.add(Violation::new(
                    path,
                    format!("`{word}` compares label `{key}` with values, and there is none"),
                    "add `values: [...]`; `Exists` and `DoesNotExist` need none",
                )),
                (false, false) => violations.add(Violation::new(
                    path.key("values"),
                    format!("`{word}` takes no values"),
                    "remove `values`; `In` and `NotIn` compare the label with values",
                )),
                (true, false) | (false, true) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(selector: serde_json::Value, labels: &[(&str, &str)]) -> bool {
        let selector: LabelSelector = serde_json::from_value(selector).expect("a selector");
        selector.matches(|key| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value))
    }

    #[test]
    fn requirements_hold_as_in_kubernetes() {
        let one = |operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": "a", "operator": operator, "values": values}]});
        // The label's value is `1`, another, empty, or there is none.
        for (selector, is_1, is_other, is_empty, is_absent) in [
            (json!({"matchLabels": {"a": "1"}}), true, false, false, false),
            (json!({"matchLabels": {"a": ""}}), false, false, true, false),
            (one("In", &["1"]), true, false, false, false),
            (one("In", &["1", "2"]), true, true, false, false),
            (one("NotIn", &["1"]), false, true, true, true),
            (one("NotIn", &["1", "2"]), false, false, true, true),
            (one("Exists", &[]), true, true, true, false),
            (one("DoesNotExist", &[]), false, false, false, true),
        ] {
            let labels: [(&[(&str, &str)], bool); 4] = [
                (&[("a", "1"), ("b", "2")], is_1),
                (&[("a", "2")], is_other),
                (&[("a", "")], is_empty),
                (&[("b", "1"), ("A", "1")], is_absent),
            ];
            for (labels, expected) in labels {
                assert_eq!(matches(selector.clone(), labels), expected, "{selector} on {labels:?}");
            }
        }
    }

    #[test]
    fn all_requirements_must_hold() {
        let selector = json!({
            "matchLabels": {"a": "1", "b": "2"},
            "matchExpressions": [{"key": "c", "operator": "Exists"}, {"key": "a", "operator": "NotIn", "values": ["3"]}],
        });
        let all = [("a", "1"), ("b", "2"), ("c", "")];
        assert!(matches(selector.clone(), &all));
        for left_out in 0..all.len() {
            let mut labels = all.to_vec();
            labels.remove(left_out);
            assert!(!matches(selector.clone(), &labels), "{labels:?}");
        }
    }
}
