//! What an object of the cluster is made to say, and in whose name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{JsonValue, ObjectRef};

/// What an object is made to say by server-side apply: fields that others own are left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Manifest {
    /// The field manager: the API server keeps for each field who set it, and takes back what a manager says no more.
    pub manager: String,
    /// Whether fields are taken over that another manager has set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// The content: labels and annotations below `metadata`, and fields such as `spec` and `data`. A field that is null is to
    /// be taken back.
    pub content: JsonValue,
}

impl Manifest {
    /// Returns the whole object as the API server takes it.
    pub fn object(&self, object: &ObjectRef) -> JsonValue {
        let Self { manager: _, force: _, content } = self;
        let text = |text: &str| JsonValue::Text(text.to_owned());
        let mut fields = match content.without_nulls() {
            JsonValue::Fields(fields) => fields,
            _ => Default::default(),
        };
        let mut metadata = match fields.remove("metadata") {
            Some(JsonValue::Fields(metadata)) => metadata,
            _ => Default::default(),
        };
        metadata.insert("name".to_owned(), text(object.name().as_str()));
        if let Some(namespace) = object.namespace() {
            metadata.insert("namespace".to_owned(), text(namespace.as_str()));
        }
        fields.insert("metadata".to_owned(), JsonValue::Fields(metadata));
        fields.insert("apiVersion".to_owned(), JsonValue::Text(object.kind().api_version()));
        fields.insert("kind".to_owned(), text(object.kind().row().kind));
        JsonValue::Fields(fields)
    }

    /// Returns the fields that are to be taken back, each null, whoever has set them; `None` where there are none.
    pub fn removals(&self) -> Option<JsonValue> {
        removals(&self.content)
    }

    /// Returns the whole object as JSON in one line.
    pub fn json(&self, object: &ObjectRef) -> String {
        self.object(object).to_text()
    }
}

fn removals(value: &JsonValue) -> Option<JsonValue> {
    match value {
        JsonValue::Null => Some(JsonValue::Null),
        JsonValue::Fields(fields) => {
            let fields = fields.iter().filter_map(|(name, value)| Some((name.clone(), removals(value)?)));
            let fields: std::collections::BTreeMap<_, _> = fields.collect();
            (!fields.is_empty()).then_some(JsonValue::Fields(fields))
        }
        _ => None,
    }
}

/// Which object is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Deletion {
    /// Its uid, so that one of the same name that came later is left alone.
    pub uid: String,
}
