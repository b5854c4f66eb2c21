//! What became of an op.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of one op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The kernel accepted it.
    Done,
    /// The kernel refused it; nothing changed.
    Refused(OpError),
    /// Nobody knows: it was begun and no answer came. The text says why.
    Unknown(String),
    /// It was not begun.
    NotTried,
}

/// Why the kernel refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OpError {
    /// The kernel's error number; `None` where the error is not the kernel's.
    pub errno: Option<i32>,
    /// What the error number says, such as `EBUSY: device or resource busy`.
    pub cause: String,
    /// What the kernel added in words (`NLMSGERR_ATTR_MSG`, or its log).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl fmt::Display for OpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { errno: _, cause, detail } = self;
        f.write_str(cause)?;
        match detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}
