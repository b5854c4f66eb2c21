//! What a change of an object says to people: each field that becomes another, also within a text that is JSON itself, such as the
//! `config` of a network.

use vfctl_kinds::change::Change;
use vfctl_kinds::change_value::ChangeValue;
use vfctl_model::JsonValue;
use vfctl_port::ClaimValue;

/// Returns the lines of a change: the object, and where it exists before and after, each field that differs.
pub(crate) fn changes(change: &Change) -> Vec<String> {
    let object = change.op.target.thing();
    match (&change.from, &change.to) {
        (_, ChangeValue::Nothing) => vec![format!("{object}: delete")],
        (Some(ChangeValue::Is(ClaimValue::Content(from))), ChangeValue::Is(ClaimValue::Content(to))) => {
            let (from, to) = (opened(from), opened(to));
            let line = |(path, from, to): (String, &JsonValue, &JsonValue)| {
                format!("{object}: {path}: {} -> {}", shown(from), shown(to))
            };
            let lines: Vec<String> = from.differences(&to).into_iter().map(line).collect();
            // A text that says the same in other words, such as with other blanks.
            if lines.is_empty() { vec![format!("{object}: written anew")] } else { lines }
        }
        (_, ChangeValue::Is(ClaimValue::Content(to))) => {
            let to = opened(to);
            let mut lines = vec![format!("{object}")];
            lines.extend(leaves(&to).into_iter().map(|(path, value)| format!("  {path}: {value}")));
            lines
        }
        _ => vec![format!("{object}: {} -> {}", change.shown_from(), change.shown_to())],
    }
}

/// Returns where a new object says something, and what.
fn leaves(value: &JsonValue) -> Vec<(String, String)> {
    let JsonValue::Fields(fields) = value else { return Vec::new() };
    let mut found = Vec::new();
    for (name, value) in fields {
        match value {
            JsonValue::Fields(inner) if !inner.is_empty() => {
                let below = leaves(value);
                found.extend(below.into_iter().map(|(path, value)| (format!("{name}.{path}"), value)));
            }
            _ => found.push((name.clone(), shown(value))),
        }
    }
    found
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

fn shown(value: &JsonValue) -> String {
    match value {
        JsonValue::Null => "none".to_owned(),
        JsonValue::Text(text) => text.clone(),
        _ => value.to_text(),
    }
}
