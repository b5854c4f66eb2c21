//! By what a document was made, when and from which specs: how a reader tells how old it is, and from what it came.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// By what a document was made, when and from which specs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Made {
    /// The version of vfctl.
    pub vfctl: String,
    /// When, in UTC as RFC 3339 writes it.
    pub time: String,
    /// The spec files, in the order in which they were read.
    pub specs: Vec<SpecFile>,
}

/// A spec that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SpecFile {
    /// The file; `<stdin>` for standard input.
    pub file: String,
    /// The SHA-256 of its bytes, as `sha256sum` prints it.
    pub sha256: String,
}

/// Why there is no plan for a host, such as facts that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Failure {
    /// What failed, and why.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}
