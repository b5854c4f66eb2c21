//! The JSON Schema takes what is taken, refuses what an editor can know to be wrong, and describes each field.

use std::sync::LazyLock;

use granit_parser::{Event, Parser, ScalarStyle};
use proptest::prelude::*;
use serde_json::{Value, json};
use vfctl_spec::{emit, json_schema};

use crate::documents::FULL;
use crate::generate::document;
use crate::validator::refusals;

/// Returns a document as JSON by the core schema of YAML 1.2, as an editor reads it.
pub(crate) fn as_json(text: &str) -> Value {
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

pub(crate) fn check(text: &str) -> Vec<String> {
    static SCHEMA: LazyLock<Value> = LazyLock::new(json_schema);
    refusals(&SCHEMA, &SCHEMA, &as_json(text), "")
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
        schema.as_array().into_iter().flatten().for_each(|inner| walk(inner, at, bare));
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
