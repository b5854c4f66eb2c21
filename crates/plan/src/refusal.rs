//! Why a plan may not be applied: for who has not seen the plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_kinds::finding::{Finding, Findings};
use vfctl_kinds::step::{Impact, Step, Victim};
use vfctl_model::VfIndex;
use vfctl_port::Thing;

use crate::document::{Lane, Plan};

impl Plan {
    /// Returns the problems that block it, with the thing concerned and what to do about each.
    pub fn problems(&self) -> Vec<String> {
        let of = |prefix: String, findings: &Findings| -> Vec<String> {
            findings.problems.iter().map(|finding| format!("{prefix}{}", problem(finding))).collect()
        };
        let scopes = self.scopes().flat_map(|(_, plan)| {
            let lanes = plan.lanes().flat_map(|(_, lane)| of(format!("{}: ", lane.title), &lane.findings));
            lanes.chain(of(String::new(), &plan.findings)).collect::<Vec<_>>()
        });
        scopes.collect()
    }

    /// Returns the problems that block it.
    pub fn errors_that_block(&self) -> Vec<Finding> {
        self.scopes().flat_map(|(_, plan)| plan.problems()).cloned().collect()
    }

    /// Returns what needs the user's consent: what each such step does, and whom it disrupts.
    pub fn disruptions(&self) -> Vec<Disruption> {
        let lanes = self.scopes().flat_map(|(_, plan)| plan.lanes());
        let steps = lanes.flat_map(|(_, lane)| lane.steps().map(move |step| (lane, step)));
        let needing = steps.filter(|(_, step)| step.needs_consent());
        let disruption = |(lane, step): (&Lane, &Step)| Disruption {
            thing: lane.thing.clone(),
            title: lane.title.clone(),
            impact: step.impact,
            consequence: consequence(step),
            victims: step.victims.clone(),
        };
        needing.map(disruption).collect()
    }
}

/// What a step does that needs the user's consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Disruption {
    /// The thing that the step works on, such as `pci/0000:3b:00.0`.
    pub thing: Thing,
    /// How it is called.
    pub title: String,
    /// What the step does to those who use the VFs.
    pub impact: Impact,
    /// The same in words.
    pub consequence: String,
    /// Whom it disrupts.
    pub victims: Vec<Victim>,
}

impl Disruption {
    /// Returns what the step does and whom it disrupts, a text each.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        let whom = self.victims.iter().map(disruption);
        std::iter::once(self.consequence.clone())
            .chain(whom)
            .map(move |what| format!("{}: {what}", self.title))
    }
}

/// Returns a problem in one text.
fn problem(finding: &Finding) -> String {
    let Finding { origin, message, details, help } = finding;
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join("; ")) };
    let origin = origin.as_ref().map_or_else(String::new, |origin| format!(", at {origin}"));
    let help = help.as_ref().map_or_else(String::new, |help| format!("; fix: {help}"));
    format!("{message}{details}{origin}{help}")
}

/// Returns what a step does that needs consent.
pub(crate) fn consequence(step: &Step) -> String {
    step.consequence.clone().unwrap_or_else(|| step.impact.to_string())
}

/// Returns whom a step disrupts.
pub(crate) fn disruption(victim: &Victim) -> String {
    let of = victim.vf.map_or_else(|| "this host".to_owned(), |VfIndex(vf)| format!("vf {vf}"));
    let verb = if victim.perhaps { "may disrupt" } else { "disrupts" };
    format!("{verb} {of}: {}", victim.user)
}
