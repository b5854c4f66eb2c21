//! What edges read: one document of facts for all hosts and the cluster, with the raw values as they were.

mod host;
mod master;
mod pf;
mod vf;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::HostName;

pub use host::{HostFacts, IommuFacts, LinkFacts, LinkManager, OwnershipRecord, StuckStore, SystemFacts};
pub use master::Master;
pub use pf::{PfFacts, PfNetdev};
pub use vf::{IommuGroup, Use, VfFacts, VfNetdev};

/// Everything that a plan reads, in one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct World {
    /// The version of this document's format.
    pub format: FactsFormat,
    /// The facts of each host, by its name.
    pub hosts: BTreeMap<HostName, HostFacts>,
    /// The facts of the cluster; `None` where none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterFacts>,
}

impl World {
    /// Returns the world of one host.
    pub fn of_host(name: HostName, facts: HostFacts) -> Self {
        Self { format: FactsFormat::V1, hosts: BTreeMap::from([(name, facts)]), cluster: None }
    }
}

/// The versions of the facts format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FactsFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/facts/v1")]
    V1,
}

/// The facts of a cluster; this version reads none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterFacts {}
