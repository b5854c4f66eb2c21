//! The plan as data: what `plan --out` writes and `apply` takes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_kinds::finding::{Finding, Findings};
use vfctl_kinds::step::Step;
use vfctl_model::HostName;
use vfctl_port::{Claim, LaneId, Phase, Scope, Stage, Subject, Thing};

/// What would be done on each host and in the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Plan {
    /// The version of this document's format.
    pub format: PlanFormat,
    /// The plan of each host that was planned for, by its name.
    pub hosts: BTreeMap<HostName, ScopePlan>,
    /// The plan of the cluster; absent where there are no facts of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ScopePlan>,
}

/// The versions of the plan format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PlanFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/plan/v1")]
    V1,
}

/// What would be done on one host, or in the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ScopePlan {
    /// The documents that concern it.
    pub documents: Vec<String>,
    /// The work, in order: all lanes of a stage are done before the next stage begins here.
    pub stages: Vec<StagePlan>,
    /// What is to be said of the scope as a whole.
    #[serde(default, skip_serializing_if = "Findings::is_empty")]
    pub findings: Findings,
}

/// The lanes of one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StagePlan {
    /// The stage.
    pub stage: Stage,
    /// Its lanes.
    pub lanes: Vec<Lane>,
}

/// The work on one thing, such as a PF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Lane {
    /// The thing, such as `pci/0000:3b:00.0` or `system`.
    pub thing: Thing,
    /// How the thing is called in one word, such as its interface.
    pub title: String,
    /// The thing with all its names.
    pub heading: String,
    /// Lanes of one queue run one after the other: they share a bond, a bridge or the host's own path.
    pub queue: u32,
    /// What the lane rests on: checked before the first write, and a plan is stale exactly if one is broken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub basis: Vec<Claim>,
    /// The work, in order.
    pub phases: Vec<PhasePlan>,
    /// What is true at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goal: Vec<Claim>,
    /// What must be true again before another lane of the queue begins, such as a carrier that the work takes away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub afterwards: Vec<Claim>,
    /// What else is to be said.
    #[serde(default, skip_serializing_if = "Findings::is_empty")]
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
    /// Returns the plan of these hosts, and of the cluster where there is one.
    pub fn new(hosts: BTreeMap<HostName, ScopePlan>, cluster: Option<ScopePlan>) -> Self {
        Self { format: PlanFormat::V1, hosts, cluster }
    }

    /// Returns the plan of each scope, hosts first.
    pub fn scopes(&self) -> impl Iterator<Item = (Scope, &ScopePlan)> {
        let hosts = self.hosts.iter().map(|(host, plan)| (Scope::Host(host.clone()), plan));
        hosts.chain(self.cluster.iter().map(|plan| (Scope::Cluster, plan)))
    }

    /// Returns the names of the documents that it applies, each once.
    pub fn documents(&self) -> Vec<String> {
        let mut documents: Vec<String> = self.scopes().flat_map(|(_, plan)| plan.documents.clone()).collect();
        documents.sort();
        documents.dedup();
        documents
    }

    /// Returns whether there is nothing to do anywhere.
    pub fn is_empty(&self) -> bool {
        self.scopes().all(|(_, plan)| plan.is_empty())
    }

    /// Returns whether something blocks somewhere.
    pub fn is_blocked(&self) -> bool {
        self.scopes().any(|(_, plan)| plan.is_blocked())
    }

    /// Returns what differs and is left alone, since somebody else holds it.
    pub fn held(&self) -> impl Iterator<Item = &Finding> {
        self.scopes().flat_map(|(_, plan)| plan.held())
    }

    /// Returns whether something differs that somebody else holds, and is left alone.
    pub fn is_held(&self) -> bool {
        self.held().next().is_some()
    }

    /// Returns whether a step may only be performed with the user's consent.
    pub fn needs_consent(&self) -> bool {
        self.scopes().any(|(_, plan)| plan.needs_consent())
    }
}

impl ScopePlan {
    /// Returns every lane with its stage, in order.
    pub fn lanes(&self) -> impl Iterator<Item = (Stage, &Lane)> {
        self.stages.iter().flat_map(|StagePlan { stage, lanes }| lanes.iter().map(move |lane| (*stage, lane)))
    }

    /// Returns every step, in the order of stages, lanes and phases.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.lanes().flat_map(|(_, lane)| lane.steps())
    }

    /// Returns whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps().next().is_none()
    }

    /// Returns whether something blocks: then nothing is written in this scope.
    pub fn is_blocked(&self) -> bool {
        self.findings.block() || self.lanes().any(|(_, lane)| lane.findings.block())
    }

    /// Returns what differs and is left alone, since somebody else holds it.
    pub fn held(&self) -> impl Iterator<Item = &Finding> {
        self.lanes().flat_map(|(_, lane)| &lane.findings.held)
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

    /// Returns what the lane works on, in this scope.
    pub fn subject(&self, scope: &Scope) -> Subject {
        Subject { scope: scope.clone(), thing: self.thing.clone() }
    }

    /// Returns by what a journal knows the lane.
    pub fn id(&self, scope: &Scope, stage: Stage) -> LaneId {
        LaneId { host: scope.host().cloned(), stage, thing: self.thing.clone() }
    }
}
