//! The YAML of a whole document.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use vfctl_model::{HostName, MacAddress};

use crate::pf::PfSpec;
use crate::system::SystemSpec;

/// The `apiVersion` of documents.
pub const API_VERSION: &str = "vfctl.dev/v1alpha1";

/// The `kind` of documents.
pub const KIND: &str = "SriovConfig";

/// A document: what a host should look like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SriovConfig {
    /// Always `vfctl.dev/v1alpha1`.
    #[schemars(extend("const" = API_VERSION))]
    pub api_version: String,
    /// Always `SriovConfig`.
    #[schemars(extend("const" = KIND))]
    pub kind: String,
    /// What the document is called.
    pub metadata: Metadata,
    /// What it asks for.
    pub spec: Body,
}

/// What a document is called.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metadata {
    /// The document's name; what it sets is owned under this name.
    pub name: String,
}

/// What a document asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Body {
    /// The hosts it concerns; absent, the host it is run on.
    #[serde(default)]
    pub nodes: Option<NodeSelector>,
    /// Values that differ per host, by the host's name.
    #[serde(default)]
    pub hosts: BTreeMap<HostName, HostValues>,
    /// What the machine must offer.
    #[serde(default)]
    pub system: Option<SystemSpec>,
    /// The physical functions.
    #[serde(default)]
    pub physical_functions: Vec<PfSpec>,
}

/// The values of one host: lists of MAC addresses by a name of the document's own.
pub type HostValues = BTreeMap<String, Vec<MacAddress>>;

/// The hosts that a document concerns.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NodeSelector {
    /// Names of hosts; `*` stands for any text.
    pub names: Vec<String>,
}
