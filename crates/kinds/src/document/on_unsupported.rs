//! What is done about what a driver lacks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to do about values that the driver does not support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnUnsupported {
    /// Nothing is written to the PF.
    #[default]
    Error,
    /// The value is left out, with a note.
    Warn,
}
