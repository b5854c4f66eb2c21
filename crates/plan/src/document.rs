//! The plan as data: what `plan -o` writes and `apply` takes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_kinds::finding::Findings;
use vfctl_kinds::step::Step;
use vfctl_model::{DeviceAddress, DriverName, HostName, InterfaceName, PciAddress, VfIndex};
use vfctl_port::{Claim, Phase};

/// What would be done on each host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Plan {
    /// The version of this document's format.
    pub format: PlanFormat,
    /// The plan of each host that was planned for, by its name.
    pub hosts: BTreeMap<HostName, HostPlan>,
}

/// The versions of the plan format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PlanFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/plan/v1")]
    V1,
}

/// What would be done on one host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HostPlan {
    /// The documents that concern the host.
    pub documents: Vec<String>,
    /// What is done for the host as a whole, before all lanes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepare: Vec<Step>,
    /// The work on each PF.
    pub lanes: Vec<Lane>,
    /// What is to be said of the host as a whole.
    #[serde(default)]
    pub findings: Findings,
}

/// The work on one PF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Lane {
    /// The PF.
    pub pf: DeviceAddress,
    /// The spec's name for it, with its document: `workers/fast`.
    pub name: String,
    /// The name of its interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<InterfaceName>,
    /// Its driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<DriverName>,
    /// Lanes of one queue run one after the other: their PFs share a bond, a bridge or the host's own path.
    pub queue: u32,
    /// How many VFs there will be.
    pub vf_count: u16,
    /// The PCI addresses that new VFs will have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vf_addresses: BTreeMap<VfIndex, PciAddress>,
    /// What the lane rests on: checked before the first write, and a plan is stale exactly if one is broken.
    pub basis: Vec<Claim>,
    /// The work, in order.
    pub phases: Vec<PhasePlan>,
    /// What is true at the end.
    pub goal: Vec<Claim>,
    /// What must be true again before another PF of the queue is touched, such as a carrier that the work takes away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub afterwards: Vec<Claim>,
    /// What else is to be said.
    #[serde(default)]
    pub findings: Findings,
}

/// The steps of one phase: independent of one another, done and verified before the next phase begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PhasePlan {
    /// The phase.
    pub phase: Phase,
    /// Its steps.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Returns the plan of these hosts.
    pub fn new(hosts: BTreeMap<HostName, HostPlan>) -> Self {
        Self { format: PlanFormat::V1, hosts }
    }

    /// Returns whether there is nothing to do on any host.
    pub fn is_empty(&self) -> bool {
        self.hosts.values().all(HostPlan::is_empty)
    }

    /// Returns whether something blocks on some host.
    pub fn is_blocked(&self) -> bool {
        self.hosts.values().any(HostPlan::is_blocked)
    }
}

impl HostPlan {
    /// Returns every step, in the order of lanes and phases.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.prepare.iter().chain(self.lanes.iter().flat_map(Lane::steps))
    }

    /// Returns whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps().next().is_none()
    }

    /// Returns whether something blocks: then nothing is written on this host.
    pub fn is_blocked(&self) -> bool {
        !self.findings.problems.is_empty() || self.lanes.iter().any(|lane| !lane.findings.problems.is_empty())
    }

    /// Returns whether a step may only be performed with the user's consent.
    pub fn needs_consent(&self) -> bool {
        self.steps().any(Step::needs_consent)
    }
}

impl Lane {
    /// Returns every step, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.phases.iter().flat_map(|phase| &phase.steps)
    }

    /// Returns how the PF is called: by its interface, or else by its address.
    pub fn title(&self) -> String {
        self.interface.as_ref().map_or_else(|| self.pf.to_string(), ToString::to_string)
    }
}
