//! The YAML of a whole document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::HostName;

use crate::path::{Origin, SpecPath};
use crate::{Body, walk};

/// The `apiVersion` of documents.
pub const API_VERSION: &str = "vfctl.dev/v1alpha1";

/// The `kind` of documents.
pub const KIND: &str = "SriovConfig";

/// A document: what a host should look like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metadata {
    /// The document's name; what it sets is owned under this name.
    #[schemars(regex(pattern = "^[0-9A-Za-z][0-9A-Za-z._-]{0,62}$"))]
    pub name: String,
}

impl SriovConfig {
    /// Returns a document of this name.
    pub(crate) fn new(name: &str, spec: Body) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            metadata: Metadata { name: name.to_owned() },
            spec,
        }
    }

    /// Returns whether the document asks for objects of the cluster.
    pub fn asks_of_cluster(&self) -> bool {
        walk::asks_of_cluster(&self.spec)
    }

    /// Returns whether the document selects nodes by labels: then the cluster is read to learn which hosts it concerns.
    pub fn selects_by_labels(&self) -> bool {
        self.spec.nodes.as_ref().is_some_and(|nodes| nodes.labels.is_some())
    }

    /// Returns whether what the document asks for has to be written to the cluster.
    pub fn writes_to_cluster(&self) -> bool {
        walk::writes_to_cluster(&self.spec)
    }

    /// Returns whether the document may concern a host, as far as the document itself says: one that selects nodes by labels
    /// may concern each host that its names allow. Which it does concern, a [`Selection`](super::Selection) says.
    pub fn may_concern(&self, host: &HostName) -> bool {
        self.spec.nodes.as_ref().is_none_or(|nodes| nodes.allows(host.as_str()))
    }
}

/// A document, and the places of what it says.
#[derive(Clone, Copy)]
pub struct PlacedDocument<'a> {
    /// The document.
    pub config: &'a SriovConfig,
    /// Returns the place of what a path leads to.
    pub place: &'a dyn Fn(&SpecPath) -> Origin,
}
