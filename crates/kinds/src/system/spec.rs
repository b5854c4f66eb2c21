//! The YAML of `system`.

use schemars::JsonSchema;
use serde::Deserialize;
use vfctl_model::ModuleName;

/// What the machine must offer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SystemSpec {
    /// Kernel modules that must be loaded.
    #[serde(default)]
    pub modules: Vec<ModuleName>,
}
