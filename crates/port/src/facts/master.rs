//! What an interface is a port of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::InterfaceName;

/// The bond, bridge or the like that an interface is a port of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Master {
    /// Its name.
    pub name: InterfaceName,
    /// What it is: `bond`, `bridge`, … as `IFLA_INFO_KIND` says.
    pub kind: String,
}
