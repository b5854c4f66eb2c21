//! The JSON Schema of the spec, for editors and other tools.

use vfctl_kinds::document::SriovConfig;

/// Returns the JSON Schema (draft 2020-12) of one document.
///
/// It knows fields, shapes, words and ranges; the rules between fields are `load`'s.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(SriovConfig).to_value()
}
