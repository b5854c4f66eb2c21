//! The JSON Schema of the spec, for editors and other tools.

use serde_json::Value;
use vfctl_kinds::document::SriovConfig;

/// Returns the JSON Schema (draft 2020-12) of one document.
///
/// It knows fields, shapes, words and ranges; the rules between fields are `load`'s.
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(SriovConfig).to_value();
    refuse_null(&mut schema);
    schema
}

/// Takes `null` out of every choice: a field that may be absent may not be there without a value.
fn refuse_null(schema: &mut Value) {
    let is_null = |choice: &Value| {
        choice.is_null() || choice == "null" || choice.get("type").is_some_and(|t| t == "null")
    };
    match schema {
        Value::Object(map) => {
            for keyword in ["type", "enum", "anyOf"] {
                if let Some(Value::Array(choices)) = map.get_mut(keyword) {
                    choices.retain(|choice| !is_null(choice));
                }
            }
            if map.get("default").is_some_and(Value::is_null) {
                map.remove("default");
            }
            simplify(map);
            map.values_mut().for_each(refuse_null);
        }
        Value::Array(items) => items.iter_mut().for_each(refuse_null),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Replaces a choice of one by what it says.
fn simplify(map: &mut serde_json::Map<String, Value>) {
    if let Some(Value::Array(kinds)) = map.get_mut("type")
        && kinds.len() == 1
    {
        let only = kinds.remove(0);
        map.insert("type".to_owned(), only);
    }
    if let Some(Value::Array(choices)) = map.get_mut("anyOf")
        && choices.len() == 1
        && let Value::Object(only) = choices.remove(0)
    {
        map.remove("anyOf");
        // What the field says of itself stands before what its type says.
        for (keyword, value) in only {
            map.entry(keyword).or_insert(value);
        }
    }
}
