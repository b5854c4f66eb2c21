//! The facts of all scopes, and how a look goes into them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{DeviceAddress, HostName};

use super::cluster::ClusterFacts;
use super::host::HostFacts;
use super::pf::PfFacts;
use crate::edge::Observed;
use crate::subject::Scope;

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

    /// Returns the world of nothing yet.
    pub fn empty() -> Self {
        Self { format: FactsFormat::V1, hosts: BTreeMap::new(), cluster: None }
    }

    /// Takes in what was read of a scope, in place of what was known of it. Who uses a VF, addresses and routes are
    /// looked at for a whole host only: of a PF that is read again they stay as they were known.
    pub fn learn(&mut self, scope: &Scope, observed: Observed) {
        match (scope, observed) {
            (Scope::Host(host), Observed::Host(facts)) => {
                self.hosts.insert(host.clone(), *facts);
            }
            (Scope::Host(host), Observed::System(system)) => {
                if let Some(facts) = self.hosts.get_mut(host) {
                    facts.system = *system;
                }
            }
            (Scope::Host(host), Observed::Pf(pf, facts)) => {
                if let Some(host) = self.hosts.get_mut(host) {
                    learn_pf(host, pf, facts);
                }
            }
            (Scope::Cluster, Observed::Cluster(facts)) => self.cluster = Some(*facts),
            (Scope::Cluster, Observed::Objects(objects)) => {
                let cluster = self.cluster.get_or_insert_default();
                for (object, facts) in objects {
                    match facts {
                        Some(facts) => cluster.objects.insert(object, facts),
                        None => cluster.objects.remove(&object),
                    };
                }
            }
            // No edge answers so.
            (Scope::Host(_), Observed::Cluster(_) | Observed::Objects(_))
            | (Scope::Cluster, Observed::Host(_) | Observed::System(_) | Observed::Pf(..)) => {}
        }
    }
}

fn learn_pf(host: &mut HostFacts, pf: DeviceAddress, facts: Option<Box<PfFacts>>) {
    let Some(mut facts) = facts else {
        host.physical_functions.remove(&pf);
        return;
    };
    if let Some(before) = host.physical_functions.remove(&pf) {
        if let (Some(netdev), Some(before)) = (&mut facts.netdev, before.netdev) {
            netdev.addresses = before.addresses;
            netdev.default_route = before.default_route;
            netdev.uppers_elsewhere = before.uppers_elsewhere;
        }
        facts.openers = before.openers;
        for (index, before) in before.vfs {
            if let Some(vf) = facts.vfs.get_mut(&index) {
                vf.uses = before.uses;
                vf.offered_as = before.offered_as;
            }
        }
    }
    host.physical_functions.insert(pf, *facts);
}

/// The versions of the facts format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FactsFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/facts/v1")]
    V1,
}
