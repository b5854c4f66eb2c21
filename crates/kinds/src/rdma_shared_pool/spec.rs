//! The YAML of one entry of `rdmaSharedPools`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::ResourceName;

use super::config::RdmaSharedSelectors;

/// A resource of RDMA devices that several pods have at once: each gets all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RdmaSharedPoolSpec {
    /// The resource with its prefix, such as `rdma/hca_shared`.
    pub resource: ResourceName,
    /// How many of it a node offers, which is how many containers may share the devices.
    #[schemars(range(min = 1, max = 100_000))]
    pub rdma_hca_max: u32,
    /// The ports of this document that it is made of; this, or `selectors`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<PortReference>,
    /// The devices that it is made of, in the plugin's own terms; this, or `from`.
    #[serde(default, skip_serializing_if = "crate::kind::is_default")]
    pub selectors: RdmaSharedSelectors,
}

/// A port of this document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PortReference {
    /// The name of an entry of `physicalFunctions`.
    pub physical_function: String,
}
