//! How a NetworkAttachmentDefinition differs from what it should be, field by field.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use super::attachment::NetworkAttachmentDefinition;
use super::config::CniConfig;
use crate::path::SpecPath;

/// A field that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The way to it from the object's top; below `spec.config` it goes on within the configuration.
    pub path: SpecPath,
    /// What it should be; `None`, absent.
    pub wanted: Option<Value>,
    /// What it is; `None`, absent.
    pub found: Option<Value>,
}

/// Writes it for people: `spec.config.vlan: expected 200, found 100`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, wanted, found } = self;
        let text = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), Value::to_string);
        write!(f, "{path}: expected {}, found {}", text(wanted), text(found))
    }
}

impl NetworkAttachmentDefinition {
    /// Returns in what an object differs from this one: in the labels and annotations that this one has, and in what the
    /// configuration means. Labels of others, the order of keys and blanks are no difference.
    pub fn differences(&self, found: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        let metadata = SpecPath::default().key("metadata");
        for (field, wanted, found) in [
            ("labels", &self.metadata.labels, &found.metadata.labels),
            ("annotations", &self.metadata.annotations, &found.metadata.annotations),
        ] {
            for (key, wanted) in wanted {
                let path = metadata.key(field).key(key);
                let text = |text: &String| Value::String(text.clone());
                let (wanted, found) = (Some(text(wanted)), found.get(key).map(text));
                compare(path, wanted.as_ref(), found.as_ref(), &mut differences);
            }
        }
        let path = SpecPath::default().key("spec").key("config");
        match (self.config(), found.config()) {
            (Ok(Some(wanted)), Ok(Some(found))) => {
                compare_fields(&path, wanted.fields(), found.fields(), &mut differences);
            }
            // A text that cannot be read is compared as one.
            (wanted, read) => {
                let of = |object: &Self, config: Option<CniConfig>| match config {
                    Some(config) => Some(Value::Object(config.fields().clone())),
                    None => object.spec.config.clone().map(Value::String),
                };
                let wanted = of(self, wanted.ok().flatten());
                let found = of(found, read.ok().flatten());
                compare(path, wanted.as_ref(), found.as_ref(), &mut differences);
            }
        }
        differences
    }
}

/// Adds what differs in two values at one place.
fn compare(path: SpecPath, wanted: Option<&Value>, found: Option<&Value>, differences: &mut Vec<Difference>) {
    match (wanted, found) {
        (Some(Value::Object(wanted)), Some(Value::Object(found))) => {
            compare_fields(&path, wanted, found, differences);
        }
        (Some(Value::Array(wanted)), Some(Value::Array(found))) if wanted.len() == found.len() => {
            for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                compare(path.index(index), Some(wanted), Some(found), differences);
            }
        }
        (wanted, found) if wanted == found => {}
        (wanted, found) => {
            differences.push(Difference { path, wanted: wanted.cloned(), found: found.cloned() });
        }
    }
}

fn compare_fields(
    path: &SpecPath,
    wanted: &Map<String, Value>,
    found: &Map<String, Value>,
    differences: &mut Vec<Difference>,
) {
    let keys: BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
    for key in keys {
        compare(path.key(key), wanted.get(key), found.get(key), differences);
    }
}
