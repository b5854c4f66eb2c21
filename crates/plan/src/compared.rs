//! What a plan has compared, in figures: how many values of each property are as asked, and which are not.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_kinds::probe::{Comparison, ProbeRow};
use vfctl_kinds::step::Step;
use vfctl_port::{Claim, Property, Scope};

use crate::document::{Lane, Plan};
use crate::scope_plan::ScopePlan;

/// How many differences of a row are named.
const NAMED: usize = 3;

/// Returns a row for each thing and property that a plan has compared, and one for each reason why it could not.
pub fn compared(plan: &Plan) -> Vec<ProbeRow> {
    plan.scopes().flat_map(|(scope, plan)| of_scope(&scope, plan)).collect()
}

fn of_scope(scope: &Scope, plan: &ScopePlan) -> Vec<ProbeRow> {
    let mut rows = Vec::new();
    let name = scope.to_string();
    let unknown = |subject: &str, why: &str| ProbeRow::not_compared(subject, "plan", "", why);
    rows.extend(plan.findings.problems.iter().map(|problem| unknown(&name, &problem.message)));
    for (_, lane) in plan.lanes() {
        let subject = format!("{name} {}", lane.title);
        rows.extend(lane.findings.problems.iter().map(|problem| unknown(&subject, &problem.message)));
        rows.extend(lane.findings.held.iter().map(|held| {
            ProbeRow::judged(&subject, "held by others", "as specified", &held.message, Comparison::Different)
        }));
        rows.extend(of_lane(&subject, lane));
    }
    rows
}

fn of_lane(subject: &str, lane: &Lane) -> Vec<ProbeRow> {
    let mut subjects: BTreeMap<Property, BTreeSet<String>> = BTreeMap::new();
    let mut add = |claim: &Claim| {
        subjects.entry(claim.property).or_default().insert(claim.subject.to_string());
    };
    lane.basis.iter().chain(&lane.goal).for_each(&mut add);
    let mut differ: BTreeMap<Property, Vec<String>> = BTreeMap::new();
    for step in lane.steps() {
        differ.entry(step.property).or_default().extend(differences(step));
        subjects.entry(step.property).or_default();
    }
    let row = |(property, subjects): (Property, BTreeSet<String>)| {
        let word = property.to_string();
        let wrong = differ.get(&property).map_or(&[][..], Vec::as_slice);
        let all = subjects.len().max(wrong.len());
        let found = all - wrong.len();
        let row = ProbeRow::of(subject, &word, of_count(all), of_count(found));
        if wrong.is_empty() {
            return row;
        }
        let named = wrong.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
        let more = wrong.len().saturating_sub(NAMED);
        row.because(if more == 0 { named } else { format!("{named}; and {more} more") })
    };
    subjects.into_iter().map(row).collect()
}

fn of_count(count: usize) -> String {
    format!("{count} as specified")
}

/// Returns what differs, as `vf 3: 200, not 7`.
fn differences(step: &Step) -> impl Iterator<Item = String> {
    step.changes.iter().map(|change| {
        let (found, wanted) = (change.shown_from(), change.shown_to());
        match change.vf() {
            Some(vf) => format!("vf {vf}: {found}, not {wanted}"),
            None => format!("{found}, not {wanted}"),
        }
    })
}
