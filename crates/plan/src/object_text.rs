//! What a change of an object says to people: each field that becomes another, also within a text that is JSON itself, such as the
//! `config` of a network.

use std::collections::BTreeMap;

use vfctl_kinds::change::Change;
use vfctl_kinds::change_value::ChangeValue;
use vfctl_model::{JsonValue, ObjectKind, ObjectRef};
use vfctl_port::ClaimValue;

use crate::rows::Detail;

/// How many fields of a new object are shown before the others are counted.
const SHOWN: usize = 7;

/// Returns the lines of a change: the object, and where it exists before and after, each field that differs.
pub(crate) fn changes(change: &Change, detail: Detail) -> Vec<String> {
    let object = change.op.target.thing();
    match (&change.from, &change.to) {
        (_, ChangeValue::Nothing) => vec![format!("{object}: delete")],
        (Some(ChangeValue::Is(ClaimValue::Content(from))), ChangeValue::Is(ClaimValue::Content(to))) => {
            let (from, to) = opened_both(from, to);
            let line = |(path, from, to): (String, &JsonValue, &JsonValue)| {
                format!("{object}: {path}: {} -> {}", shown(from), shown(to))
            };
            let lines: Vec<String> = from.differences(&to).into_iter().map(line).collect();
            // A text that says the same in other words, such as with other blanks.
            if lines.is_empty() { vec![format!("{object}: rewritten")] } else { lines }
        }
        (_, ChangeValue::Is(ClaimValue::Content(to))) => {
            let mut leaves = leaves(&opened(to));
            let shown = match (detail, change.op.target.object().map(ObjectRef::kind)) {
                (Detail::Verbose, _) => leaves.len(),
                // What comes with a part of a cluster is the same in each: the name says enough.
                (
                    _,
                    Some(
                        ObjectKind::CustomResourceDefinition
                        | ObjectKind::ServiceAccount
                        | ObjectKind::ClusterRole
                        | ObjectKind::ClusterRoleBinding,
                    ),
                ) => return vec![object.to_string()],
                (_, Some(ObjectKind::DaemonSet)) => {
                    leaves.sort_by_key(|(path, _)| !path.ends_with(".image"));
                    leaves.iter().filter(|(path, _)| path.ends_with(".image")).count().max(1)
                }
                _ => SHOWN,
            };
            let mut lines = vec![object.to_string()];
            lines.extend(leaves.iter().take(shown).map(|(path, value)| format!("  {path}: {value}")));
            match leaves.len().saturating_sub(shown) {
                0 => {}
                more => lines.push(format!("  and {more} more fields; -v shows them")),
            }
            lines
        }
        _ => vec![format!("{object}: {} -> {}", change.shown_from(), change.shown_to())],
    }
}

/// Returns where a value says something, and what.
fn leaves(value: &JsonValue) -> Vec<(String, String)> {
    let mut found = Vec::new();
    add_leaves(value, String::new(), &mut found);
    // What an object is for comes before how it is labelled.
    found.sort_by_key(|(path, _)| path.starts_with("metadata."));
    found
}

fn add_leaves(value: &JsonValue, path: String, found: &mut Vec<(String, String)>) {
    match value {
        JsonValue::Fields(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                add_leaves(value, path, found);
            }
        }
        JsonValue::List(members) if members.iter().any(|member| matches!(member, JsonValue::Fields(_))) => {
            for (position, member) in members.iter().enumerate() {
                add_leaves(member, format!("{path}[{position}]"), found);
            }
        }
        _ => found.push((path, shown(value))),
    }
}

/// Returns a value with each text that is an object of JSON taken for that object.
fn opened(value: &JsonValue) -> JsonValue {
    match value {
        JsonValue::Text(text) if text.starts_with('{') => match JsonValue::from_text(text) {
            Ok(inner @ JsonValue::Fields(_)) => inner,
            _ => value.clone(),
        },
        JsonValue::List(members) => JsonValue::List(members.iter().map(opened).collect()),
        JsonValue::Fields(fields) => {
            JsonValue::Fields(fields.iter().map(|(name, value)| (name.clone(), opened(value))).collect())
        }
        JsonValue::Null
        | JsonValue::Flag(_)
        | JsonValue::Number(_)
        | JsonValue::Decimal(_)
        | JsonValue::Text(_) => value.clone(),
    }
}

/// Returns two values with their texts taken for objects of JSON; in such a text what the other lacks is a difference, too.
fn opened_both(from: &JsonValue, to: &JsonValue) -> (JsonValue, JsonValue) {
    match (from, to) {
        (JsonValue::Fields(from), JsonValue::Fields(to)) => {
            let both = to.iter().map(|(name, to)| {
                let (from, to) = opened_both(from.get(name).unwrap_or(&JsonValue::Null), to);
                ((name.clone(), from), (name.clone(), to))
            });
            let (from, to): (BTreeMap<_, _>, BTreeMap<_, _>) = both.unzip();
            (JsonValue::Fields(from), JsonValue::Fields(to))
        }
        (JsonValue::Text(_), JsonValue::Text(_)) => {
            let (from, mut to) = (opened(from), opened(to));
            note_missing(&from, &mut to);
            (from, to)
        }
        _ => (opened(from), opened(to)),
    }
}

/// Notes in a value the fields that another has and it has not.
fn note_missing(other: &JsonValue, value: &mut JsonValue) {
    let (JsonValue::Fields(other), JsonValue::Fields(fields)) = (other, value) else { return };
    for (name, other) in other {
        note_missing(other, fields.entry(name.clone()).or_default());
    }
}

fn shown(value: &JsonValue) -> String {
    match value {
        JsonValue::Null => "none".to_owned(),
        JsonValue::Text(text) => text.clone(),
        _ => value.to_text(),
    }
}
