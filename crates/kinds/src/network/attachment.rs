//! NetworkAttachmentDefinitions: the objects of a cluster that hold CNI configurations, ours and those of others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
pub use vfctl_model::OWNER_LABEL;

use super::config::{CniConfig, ConfigError};
use super::spec::NetworkSpec;
pub use crate::cluster::DOCUMENT_LABEL;

/// The `apiVersion` of these objects.
pub const ATTACHMENT_API_VERSION: &str = "k8s.cni.cncf.io/v1";

/// Their `kind`.
pub const ATTACHMENT_KIND: &str = "NetworkAttachmentDefinition";

/// The annotation that names the resource whose devices multus hands to the CNI plugin.
pub const RESOURCE_ANNOTATION: &str = "k8s.v1.cni.cncf.io/resourceName";

/// A NetworkAttachmentDefinition. What an object has besides is no mistake: a cluster adds fields of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkAttachmentDefinition {
    /// The version of the format.
    pub api_version: String,
    /// What the object is.
    pub kind: String,
    /// What it is called.
    pub metadata: AttachmentMetadata,
    /// What it says.
    #[serde(default)]
    pub spec: AttachmentSpec,
}

/// What a NetworkAttachmentDefinition is called, and what is noted on it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AttachmentMetadata {
    /// Its name.
    pub name: String,
    /// Its namespace; absent where the object is not in a cluster yet and does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What a NetworkAttachmentDefinition says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AttachmentSpec {
    /// The CNI configuration as text; absent where it stands in a file of each node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
}

impl NetworkAttachmentDefinition {
    /// Returns the object for each namespace of a network, in the order of the entry.
    ///
    /// # Errors
    /// Where the configuration cannot be written, which is a defect of vfctl.
    pub fn of(document: &str, network: &NetworkSpec) -> Result<Vec<Self>, ConfigError> {
        let config = CniConfig::of(network)?.to_string();
        let text = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let object = |(_, namespace): (Option<usize>, &str)| Self {
            api_version: ATTACHMENT_API_VERSION.to_owned(),
            kind: ATTACHMENT_KIND.to_owned(),
            metadata: AttachmentMetadata {
                name: network.name.to_string(),
                namespace: Some(namespace.to_owned()),
                labels: [OWNER_LABEL, (DOCUMENT_LABEL, document)].map(text).into(),
                annotations: [(RESOURCE_ANNOTATION.to_owned(), network.resource.to_string())].into(),
            },
            spec: AttachmentSpec { config: Some(config.clone()) },
        };
        Ok(network.placements().into_iter().map(object).collect())
    }

    /// Returns the configuration that it holds; `None` where it holds none.
    ///
    /// # Errors
    /// Where the text is no CNI configuration.
    pub fn config(&self) -> Result<Option<CniConfig>, ConfigError> {
        self.spec.config.as_deref().map(str::parse).transpose()
    }
}
