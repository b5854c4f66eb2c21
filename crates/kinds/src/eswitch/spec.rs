//! The YAML of an embedded switch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::EswitchMode;

/// How a PF's embedded switch should work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EswitchSpec {
    /// `legacy`, or `switchdev` for a representor of each VF.
    pub mode: EswitchMode,
}
