//! The driver that a VF is given to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::DriverName;

/// The driver that a VF is given to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Binding {
    /// The driver.
    pub driver: DriverName,
    /// The override that was found and is left, such as driverctl's; absent where it is cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub override_after: Option<DriverName>,
}

impl Binding {
    /// Returns the words that it puts into the command which binds.
    pub(crate) fn words(&self) -> [(&'static str, String); 2] {
        let after = self.override_after.as_ref().map_or_else(String::new, |after| format!(" {after}"));
        [("driver", self.driver.to_string()), ("after", after)]
    }
}
