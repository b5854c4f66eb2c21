//! A validator of JSON Schema as far as the schemas of this program go, for tests of several crates.
//!
//! It is these lines and no crate: the usual one builds for minutes. It panics at a keyword that it does not know, so that it
//! cannot pass without checking.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex_automata::nfa::thompson::pikevm::PikeVM;
use serde_json::{Map, Value};

thread_local! {
    /// The patterns that were used, compiled.
    static PROGRAMS: RefCell<BTreeMap<String, PikeVM>> = const { RefCell::new(BTreeMap::new()) };
}

/// Returns whether a pattern is found in a text.
fn matches(pattern: &str, text: &str) -> bool {
    PROGRAMS.with_borrow_mut(|programs| {
        let program =
            programs.entry(pattern.to_owned()).or_insert_with(|| PikeVM::new(pattern).expect("a pattern"));
        program.is_match(&mut program.create_cache(), text)
    })
}

/// Returns what the schema has against the value.
pub(crate) fn refusals(schema: &Value, root: &Value, value: &Value, at: &str) -> Vec<String> {
    let none = Map::new();
    let schema = match schema {
        Value::Bool(true) => return Vec::new(),
        Value::Bool(false) => return vec![format!("{at}: nothing may stand here")],
        schema => schema.as_object().expect("a schema"),
    };
    let rules = |keyword: &str| schema.get(keyword).and_then(Value::as_object).unwrap_or(&none);
    let (properties, patterns) = (rules("properties"), rules("patternProperties"));
    let mut refused = Vec::new();
    let mut demand = |holds: bool, what: &Value| {
        if !holds {
            refused.push(format!("{at}: {value} against {what}"));
        }
    };
    let mut inner = Vec::new();
    for (keyword, rule) in schema {
        let number = rule.as_f64().unwrap_or(f64::NAN);
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "examples" | "format"
            | "properties" | "patternProperties" | "$id" => {}
            "$ref" => {
                let name =
                    rule.as_str().and_then(|path| path.strip_prefix("#/$defs/")).expect("a definition");
                inner.extend(refusals(&root["$defs"][name], root, value, at));
            }
            "type" => {
                let is = |kind: &Value| match kind.as_str().expect("a type") {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_u64() || value.is_i64(),
                    "number" => value.is_number(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    other => panic!("type {other}"),
                };
                demand(rule.as_array().map_or_else(|| is(rule), |kinds| kinds.iter().any(is)), rule);
            }
            "const" => demand(value == rule, rule),
            "enum" => demand(rule.as_array().expect("words").contains(value), rule),
            "anyOf" | "oneOf" => {
                let choices = rule.as_array().expect("choices").iter();
                demand(
                    choices.filter(|choice| refusals(choice, root, value, at).is_empty()).count() > 0,
                    rule,
                );
            }
            "minimum" => demand(value.as_f64().is_none_or(|v| v >= number), rule),
            "maximum" => demand(value.as_f64().is_none_or(|v| v <= number), rule),
            "minProperties" => demand(value.as_object().is_none_or(|map| map.len() as f64 >= number), rule),
            "maxProperties" => demand(value.as_object().is_none_or(|map| map.len() as f64 <= number), rule),
            "required" => {
                let has = |key: &Value| value.get(key.as_str().expect("a key")).is_some();
                demand(!value.is_object() || rule.as_array().expect("keys").iter().all(has), rule);
            }
            "additionalProperties" => {
                let more = value
                    .as_object()
                    .unwrap_or(&none)
                    .iter()
                    .filter(|(key, _)| !properties.contains_key(*key))
                    .filter(|(key, _)| !patterns.keys().any(|pattern| matches(pattern, key)));
                inner.extend(
                    more.flat_map(|(key, value)| refusals(rule, root, value, &format!("{at}.{key}"))),
                );
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                inner.extend(items.flat_map(|(n, item)| refusals(rule, root, item, &format!("{at}[{n}]"))));
            }
            "maxLength" => {
                demand(value.as_str().is_none_or(|text| text.chars().count() as f64 <= number), rule)
            }
            "minItems" => demand(value.as_array().is_none_or(|items| items.len() as f64 >= number), rule),
            "not" => demand(!refusals(rule, root, value, at).is_empty(), rule),
            "pattern" => {
                let pattern = rule.as_str().expect("a pattern");
                demand(value.as_str().is_none_or(|text| matches(pattern, text)), rule);
            }
            other => panic!("the validator does not know `{other}`"),
        }
    }
    for (key, value) in value.as_object().unwrap_or(&none) {
        inner.extend(
            properties
                .get(key)
                .iter()
                .flat_map(|schema| refusals(schema, root, value, &format!("{at}.{key}"))),
        );
    }
    for (pattern, rule) in patterns {
        let matching = value.as_object().into_iter().flatten().filter(|(key, _)| matches(pattern, key));
        inner.extend(matching.flat_map(|(key, value)| refusals(rule, root, value, &format!("{at}.{key}"))));
    }
    refused.extend(inner);
    refused
}
