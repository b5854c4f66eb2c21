//! What came of an apply, as data and as text.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::DeviceAddress;
use vfctl_port::{Op, Outcome, Phase, hint};

/// What came of an apply on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Report {
    /// The version of this document's format.
    pub format: ReportFormat,
    /// How it ended.
    pub result: Result,
    /// Why nothing was begun, where nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<String>,
    /// What came of each lane; the host's own first.
    pub lanes: Vec<LaneReport>,
}

/// The versions of the report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ReportFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/report/v1")]
    V1,
}

/// How an apply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Result {
    /// The host is as the documents say, and was read again to prove it.
    Converged,
    /// Nothing was begun.
    Refused,
    /// Something failed; the lanes say what.
    Failed,
    /// The user stopped it; the lanes say what is left.
    Interrupted,
}

/// What came of one lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LaneReport {
    /// The PF; `None` for the host's own lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pf: Option<DeviceAddress>,
    /// How it is called.
    pub title: String,
    /// What became of each op, in the order of the plan.
    pub ops: Vec<OpReport>,
    /// What should be true and is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<Unmet>,
    /// What else went wrong: a read that failed, a journal that could not be written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<String>,
}

/// What became of one op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OpReport {
    /// The phase it belongs to.
    pub phase: Phase,
    /// The op.
    pub op: Op,
    /// What became of it.
    pub outcome: Outcome,
    /// Because of whom it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A claim that should hold and does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Unmet {
    /// The phase after which it should hold; `None` for the lane's goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// What should be true.
    pub claim: String,
    /// What is there instead, or why nobody knows.
    pub found: String,
}

impl Report {
    /// Returns the report of an apply that was refused before anything was begun.
    pub fn refused(refusals: Vec<String>) -> Self {
        Self { format: ReportFormat::V1, result: Result::Refused, refusals, lanes: Vec::new() }
    }

    /// Renders the report for people. The text ends with a line feed.
    pub fn render(&self) -> String {
        let Self { format: _, result, refusals, lanes } = self;
        let mut text = String::new();
        for refusal in refusals {
            let _ = writeln!(text, "refused: {refusal}");
        }
        for lane in lanes {
            lane.render(&mut text);
        }
        // What is given back after a failure is no change that was planned.
        let planned = || lanes.iter().flat_map(|lane| &lane.ops).filter(|op| op.phase != Phase::Release);
        let done = planned().filter(|op| op.outcome == Outcome::Done).count();
        let all = planned().count();
        let _ = match result {
            Result::Converged => writeln!(text, "Applied: {done} of {all} changes, verified."),
            Result::Refused => writeln!(text, "Nothing was changed."),
            Result::Failed => {
                writeln!(text, "Not converged: {done} of {all} changes done; run plan to see what is left.")
            }
            Result::Interrupted => {
                writeln!(text, "Interrupted: {done} of {all} changes done; run plan to see what is left.")
            }
        };
        text
    }
}

impl LaneReport {
    /// Returns the report of a lane in which nothing has happened yet.
    pub(crate) fn new(pf: Option<DeviceAddress>, title: String) -> Self {
        Self { pf, title, ops: Vec::new(), unmet: Vec::new(), troubles: Vec::new() }
    }

    /// Returns whether nothing went wrong.
    pub(crate) fn is_clean(&self) -> bool {
        self.unmet.is_empty()
            && self.troubles.is_empty()
            && self.ops.iter().all(|op| op.outcome == Outcome::Done)
    }

    fn render(&self, text: &mut String) {
        if self.is_clean() {
            return;
        }
        let Self { pf: _, title, ops, unmet, troubles } = self;
        let _ = writeln!(text, "{title}:");
        for OpReport { phase, op, outcome, because: _ } in ops {
            match outcome {
                Outcome::Done | Outcome::NotTried => {}
                Outcome::Refused(error) => {
                    let _ = writeln!(text, "  failed to {}, in phase {phase}: {error}", attempt(op));
                    if let Some(hint) = hint(op, error) {
                        let _ = writeln!(text, "    hint: {hint}");
                    }
                }
                Outcome::Unknown(why) => {
                    let _ = writeln!(text, "  no answer on {}, in phase {phase}: {why}", attempt(op));
                }
            }
        }
        for Unmet { phase, claim, found } in unmet {
            let when = phase.map_or_else(|| "in the end".to_owned(), |phase| format!("after {phase}"));
            let _ = writeln!(text, "  {when} it should be that {claim}, but it is {found}");
        }
        for trouble in troubles {
            let _ = writeln!(text, "  {trouble}");
        }
        for (because, count) in self.left() {
            let changes = if count == 1 { "change" } else { "changes" };
            let _ = writeln!(text, "  not tried: {count} {changes}, because {because}");
        }
    }

    /// Returns why ops were not tried and how many for each reason, in the order in which the reasons first come.
    fn left(&self) -> Vec<(&str, usize)> {
        let mut left: Vec<(&str, usize)> = Vec::new();
        for op in self.ops.iter().filter(|op| op.outcome == Outcome::NotTried) {
            let because = op.because.as_deref().unwrap_or("what came before failed");
            match left.iter_mut().find(|(reason, _)| *reason == because) {
                Some((_, count)) => *count += 1,
                None => left.push((because, 1)),
            }
        }
        left
    }
}

/// Returns an op as what was attempted.
fn attempt(op: &Op) -> String {
    format!("`{op}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_tried_is_told_by_reason() {
        let mut lane = LaneReport::new(None, "eth0".to_owned());
        for because in
            [Some("its needs are not met"), Some("phase bind failed"), None, Some("phase bind failed")]
        {
            lane.ops.push(OpReport {
                phase: Phase::Bind,
                op: Op::LoadModule { module: "vfio_pci".parse().expect("a module") },
                outcome: Outcome::NotTried,
                because: because.map(str::to_owned),
            });
        }
        let report = Report {
            format: ReportFormat::V1,
            result: Result::Failed,
            refusals: Vec::new(),
            lanes: vec![lane],
        };
        let told: Vec<String> = report
            .render()
            .lines()
            .filter_map(|line| line.strip_prefix("  not tried: ").map(str::to_owned))
            .collect();
        let expected = [
            "1 change, because its needs are not met",
            "2 changes, because phase bind failed",
            "1 change, because what came before failed",
        ];
        assert_eq!(told, expected);
    }
}
