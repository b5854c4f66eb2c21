//! Why a plan may not be applied, a text for each reason: for who has not seen the plan.

use vfctl_kinds::finding::{Finding, Findings};
use vfctl_kinds::step::{Step, Victim};
use vfctl_model::VfIndex;

use crate::document::Plan;

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

    /// Returns what needs the user's consent: what each such step does, and whom it disrupts.
    pub fn disruptions(&self) -> Vec<String> {
        let lanes = self.scopes().flat_map(|(_, plan)| plan.lanes());
        let steps = lanes.flat_map(|(_, lane)| lane.steps().map(move |step| (&lane.title, step)));
        steps
            .filter(|(_, step)| step.needs_consent())
            .flat_map(|(title, step)| {
                let whom = step.victims.iter().map(disruption);
                std::iter::once(consequence(step)).chain(whom).map(move |what| format!("{title}: {what}"))
            })
            .collect()
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
