//! The JSON Schema takes what is taken, refuses what an editor can know to be wrong, and describes each field.
//!
//! The validator is these lines and no crate: the usual one builds for minutes. It panics at a keyword that it
//! does not know, so that it cannot pass without checking.

use granit_parser::{Event, Parser, ScalarStyle};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use vfctl_spec::{emit, json_schema};

use crate::documents::FULL;
use crate::generate::document;

/// Returns a document as JSON by the core schema of YAML 1.2, as an editor reads it.
fn as_json(text: &str) -> Value {
    let mut open: Vec<Value> = Vec::new();
    let mut keys: Vec<Option<String>> = Vec::new();
    for event in Parser::new_from_str(text) {
        let node = match event.expect("YAML").0 {
            Event::Scalar(text, ScalarStyle::Plain, ..) => serde_json::from_str(&text).unwrap_or(json!(text)),
            Event::Scalar(text, ..) => json!(text),
            Event::SequenceStart(..) => {
                open.push(json!([]));
                keys.push(None);
                continue;
            }
            Event::MappingStart(..) => {
                open.push(json!({}));
                keys.push(None);
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                keys.pop();
                open.pop().expect("an open value")
            }
            _ => continue,
        };
        match (open.last_mut(), keys.last_mut()) {
            (Some(Value::Array(items)), _) => items.push(node),
            (Some(Value::Object(map)), Some(key)) => match key.take() {
                Some(key) => drop(map.insert(key, node)),
                None => *key = Some(node.as_str().map_or_else(|| node.to_string(), str::to_owned)),
            },
            _ => return node,
        }
    }
    Value::Null
}

/// Returns what the schema has against the value.
fn refusals(schema: &Value, root: &Value, value: &Value, at: &str) -> Vec<String> {
    let none = Map::new();
    let schema = match schema {
        Value::Bool(true) => return Vec::new(),
        Value::Bool(false) => return vec![format!("{at}: nothing may stand here")],
        schema => schema.as_object().expect("a schema"),
    };
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
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
            | "properties" => {}
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
                    .filter(|(key, _)| !properties.contains_key(*key));
                inner.extend(
                    more.flat_map(|(key, value)| refusals(rule, root, value, &format!("{at}.{key}"))),
                );
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                inner.extend(items.flat_map(|(n, item)| refusals(rule, root, item, &format!("{at}[{n}]"))));
            }
            // The only pattern is that of a prefix, which has tests of its own.
            "pattern" => demand(value.is_string(), rule),
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
    refused.extend(inner);
    refused
}

fn check(text: &str) -> Vec<String> {
    let schema = json_schema();
    refusals(&schema, &schema, &as_json(text), "")
}

#[test]
fn schema_takes_a_full_spec() {
    assert_eq!(check(FULL), Vec::<String>::new());
}

#[test]
fn schema_refuses_what_it_can_know_to_be_wrong() {
    for (name, text) in [
        ("header", include_str!("../mistakes/header.yaml")),
        ("unknown-fields", include_str!("../mistakes/unknown-fields.yaml")),
        ("missing-fields", include_str!("../mistakes/missing-fields.yaml")),
        ("no-values", include_str!("../mistakes/no-values.yaml")),
        ("numbers", include_str!("../mistakes/numbers.yaml")),
        ("words", include_str!("../mistakes/words.yaml")),
        ("shapes", include_str!("../mistakes/shapes.yaml")),
        ("matcher-without-terms", include_str!("../mistakes/matcher-without-terms.yaml")),
        ("not-built-yet", include_str!("../mistakes/not-built-yet.yaml")),
    ] {
        assert_ne!(check(text), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_field_is_described() {
    fn walk(schema: &Value, at: &str, bare: &mut Vec<String>) {
        let Some(map) = schema.as_object() else { return };
        for (key, field) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if field.get("description").is_none() {
                bare.push(format!("{at}.{key}"));
            }
        }
        map.iter().for_each(|(key, inner)| walk(inner, &format!("{at}.{key}"), bare));
    }
    let mut bare = Vec::new();
    walk(&json_schema(), "", &mut bare);
    assert_eq!(bare, Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schema_takes_what_is_emitted(config in document()) {
        let text = emit(&config).expect("a text");
        prop_assert_eq!(check(&text), Vec::<String>::new(), "{}", text);
    }
}
