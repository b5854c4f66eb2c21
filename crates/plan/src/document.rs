//! The plan as data: what `plan --out` writes and `apply` takes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_kinds::finding::{Finding, Findings};
use vfctl_kinds::step::Step;
use vfctl_model::HostName;
use vfctl_port::{Claim, LaneId, Phase, Scope, Stage, Subject, Thing};

use crate::made::{Failure, Made};
use crate::scope_plan::{ScopePlan, Summary};
use crate::tally::Tally;

/// What would be done on each host and in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The version of this document's format.
    pub format: PlanFormat,
    /// By what it was made; `None` before it is written.
    pub made: Option<Made>,
    /// The plan of each host that was planned for, by its name.
    pub hosts: BTreeMap<HostName, ScopePlan>,
    /// The plan of the cluster; `None` where there are no facts of one.
    pub cluster: Option<ScopePlan>,
    /// Why there is no plan for some hosts.
    pub errors: Vec<Failure>,
}

/// The plans of all scopes at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PlanSummary {
    /// Whether apply would change something somewhere.
    pub changed: bool,
    /// Whether an error blocks a plan somewhere.
    pub blocked: bool,
    /// Whether apply needs `--allow-disruption` somewhere.
    pub needs_consent: bool,
    /// How many hosts stand how.
    pub hosts: Tally,
}

/// A plan as documents have it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Plan", description = "What would be done on each host and in the cluster.")]
struct PlanText<'a> {
    /// The version of this document's format.
    format: PlanFormat,
    /// By what it was made, when and from which specs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made: Option<Cow<'a, Made>>,
    /// The plan of each host that was planned for, by its name: an object for one host as for many.
    hosts: Cow<'a, BTreeMap<HostName, ScopePlan>>,
    /// The plan of the cluster; absent where there are no facts of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cluster: Option<Cow<'a, ScopePlan>>,
    /// Why there is no plan for some hosts.
    #[serde(default, skip_serializing_if = "has_none")]
    errors: Cow<'a, [Failure]>,
    /// All of it at a glance; it follows from the rest.
    summary: PlanSummary,
}

fn has_none(errors: &[Failure]) -> bool {
    errors.is_empty()
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { format, made, hosts, cluster, errors } = self;
        PlanText {
            format: *format,
            made: made.as_ref().map(Cow::Borrowed),
            hosts: Cow::Borrowed(hosts),
            cluster: cluster.as_ref().map(Cow::Borrowed),
            errors: Cow::Borrowed(errors),
            summary: self.summary(),
        }
        .serialize(serializer)
    }
}

/// Reads a plan whose summary is that of its hosts.
impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let PlanText { format, made, hosts, cluster, errors, summary } = PlanText::deserialize(deserializer)?;
        let plan = Self {
            format,
            made: made.map(Cow::into_owned),
            hosts: hosts.into_owned(),
            cluster: cluster.map(Cow::into_owned),
            errors: errors.into_owned(),
        };
        if summary == plan.summary() {
            Ok(plan)
        } else {
            Err(D::Error::custom("the summary is not that of the plan"))
        }
    }
}

impl JsonSchema for Plan {
    fn schema_name() -> Cow<'static, str> {
        "Plan".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        PlanText::json_schema(generator)
    }
}

/// The versions of the plan format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PlanFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/plan/v1")]
    V1,
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
        Self { format: PlanFormat::V1, made: None, hosts, cluster, errors: Vec::new() }
    }

    /// Returns the plans of all scopes at a glance.
    pub fn summary(&self) -> PlanSummary {
        let mut tally = Tally::default();
        self.hosts.values().for_each(|plan| tally.count(&plan.summary()));
        self.errors.iter().for_each(|_| tally.count_error());
        PlanSummary::of(tally, self.cluster.as_ref().map(ScopePlan::summary))
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

impl PlanSummary {
    /// Returns the summary of this many hosts, and of the cluster where there is one.
    pub fn of(hosts: Tally, cluster: Option<Summary>) -> Self {
        let in_cluster = |is: fn(&Summary) -> bool| cluster.as_ref().is_some_and(is);
        Self {
            changed: hosts.has_changes() || in_cluster(|summary| summary.changed),
            blocked: hosts.has_blocked() || in_cluster(|summary| summary.blocked),
            needs_consent: hosts.needs_consent() || in_cluster(|summary| summary.needs_consent),
            hosts,
        }
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
