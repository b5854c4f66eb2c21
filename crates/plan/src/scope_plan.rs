//! The plan of one scope as data, with a summary that follows from it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vfctl_kinds::finding::{Finding, Findings};
use vfctl_kinds::step::Step;
use vfctl_port::Stage;

use crate::document::{Lane, StagePlan};
use crate::tally::Standing;

/// What would be done on one host, or in the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopePlan {
    /// The documents that concern it.
    pub documents: Vec<String>,
    /// The work, in order: all lanes of a stage are done before the next stage begins here.
    pub stages: Vec<StagePlan>,
    /// What is to be said of the scope as a whole.
    pub findings: Findings,
}

/// A scope's plan at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Summary {
    /// How the scope stands.
    pub standing: Standing,
    /// Whether apply would change something.
    pub changed: bool,
    /// Whether an error blocks the plan: then nothing is changed.
    pub blocked: bool,
    /// Whether apply needs `--allow-disruption`.
    pub needs_consent: bool,
    /// How many steps there are.
    pub steps: usize,
    /// How many changes these make, one for each op.
    pub changes: usize,
    /// On how many PFs there is work.
    pub physical_functions: usize,
    /// How many errors block the plan.
    pub errors: usize,
    /// How many differences are left alone, since others hold the VFs.
    pub held: usize,
}

impl ScopePlan {
    /// Returns the plan at a glance.
    pub fn summary(&self) -> Summary {
        let on_pf = |(_, lane): &(Stage, &Lane)| lane.thing.pf().is_some() && !lane.phases.is_empty();
        Summary {
            standing: self.standing(),
            changed: !self.is_blocked() && !self.is_empty(),
            blocked: self.is_blocked(),
            needs_consent: self.needs_consent(),
            steps: self.steps().count(),
            changes: self.steps().map(|step| step.changes.len()).sum(),
            physical_functions: self.lanes().filter(on_pf).count(),
            errors: self.problems().count(),
            held: self.held().count(),
        }
    }

    /// Returns every lane with its stage, in order.
    pub fn lanes(&self) -> impl Iterator<Item = (Stage, &Lane)> {
        self.stages.iter().flat_map(|StagePlan { stage, lanes }| lanes.iter().map(move |lane| (*stage, lane)))
    }

    /// Returns how many objects of the cluster are written or deleted.
    pub(crate) fn objects(&self) -> usize {
        let ops = self.steps().flat_map(|step| &step.changes).map(|change| &change.op);
        ops.filter_map(|op| op.target.object()).collect::<BTreeSet<_>>().len()
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
        self.problems().next().is_some()
    }

    /// Returns what blocks it, lanes first.
    pub fn problems(&self) -> impl Iterator<Item = &Finding> {
        let lanes = self.lanes().flat_map(|(_, lane)| &lane.findings.problems);
        lanes.chain(&self.findings.problems)
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

/// The plan as documents have it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ScopePlanText<'a> {
    /// The plan at a glance; it follows from the rest.
    summary: Summary,
    /// The documents that concern it.
    documents: Cow<'a, [String]>,
    /// The work, in order: all lanes of a stage are done before the next stage begins here.
    stages: Cow<'a, [StagePlan]>,
    /// What is to be said of the scope as a whole.
    #[serde(default, skip_serializing_if = "has_none")]
    findings: Cow<'a, Findings>,
}

fn has_none(findings: &Findings) -> bool {
    findings.is_empty()
}

impl Serialize for ScopePlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { documents, stages, findings } = self;
        ScopePlanText {
            summary: self.summary(),
            documents: Cow::Borrowed(documents),
            stages: Cow::Borrowed(stages),
            findings: Cow::Borrowed(findings),
        }
        .serialize(serializer)
    }
}

/// Reads a plan whose summary is that of its steps: whoever decides by the one is to get the other.
impl<'de> Deserialize<'de> for ScopePlan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ScopePlanText { summary, documents, stages, findings } =
            ScopePlanText::deserialize(deserializer)?;
        let plan = Self {
            documents: documents.into_owned(),
            stages: stages.into_owned(),
            findings: findings.into_owned(),
        };
        if summary == plan.summary() {
            Ok(plan)
        } else {
            Err(D::Error::custom("the summary is not that of the plan"))
        }
    }
}

impl JsonSchema for ScopePlan {
    fn schema_name() -> Cow<'static, str> {
        "ScopePlan".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ScopePlanText::json_schema(generator)
    }
}
