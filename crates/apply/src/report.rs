//! What came of an apply, as data and as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_kinds::finding::Finding;
use vfctl_model::HostName;
use vfctl_plan::{Disruption, Lane, Made, Plan};
use vfctl_port::{ActionKind, Op, Outcome, Phase, Scope, Stage, Thing};

/// What came of an apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Report {
    /// The version of this document's format.
    pub format: ReportFormat,
    /// By what it was made, when and from which specs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
    /// How it ended.
    pub result: Result,
    /// Whether anything was changed.
    pub changed: bool,
    /// Whether errors block the plan.
    pub blocked: bool,
    /// Whether the plan destroys VFs or disrupts their users, which takes `--allow-disruption`.
    pub needs_consent: bool,
    /// How many of the planned changes were made.
    pub summary: Counts,
    /// Why nothing was begun, where nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<String>,
    /// The errors that block the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Finding>,
    /// What of the plan needs consent, and whom it disrupts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disruptions: Vec<Disruption>,
    /// What differs and was left alone, since others hold the VFs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Finding>,
    /// What came of each lane, by scope and in the order of the plan.
    pub lanes: Vec<LaneReport>,
}

/// How many of the planned changes were made. What is restored after a failure is among them where the plan had it as a step
/// that was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Counts {
    /// How many changes were planned, of lanes that were begun.
    pub planned: usize,
    /// How many were made.
    pub done: usize,
    /// How many the kernel refused.
    pub refused: usize,
    /// How many there is no answer on.
    pub unknown: usize,
    /// How many were not tried.
    pub not_tried: usize,
    /// How many values are not what they should be.
    pub unmet: usize,
}

impl Counts {
    /// Counts what came of lanes.
    pub(crate) fn of(lanes: &[LaneReport]) -> Self {
        let mut counts = Self { unmet: lanes.iter().map(|lane| lane.unmet.len()).sum(), ..Self::default() };
        for op in lanes.iter().flat_map(LaneReport::planned) {
            counts.planned += 1;
            *match op.outcome {
                Outcome::Done => &mut counts.done,
                Outcome::Refused(_) => &mut counts.refused,
                Outcome::Unknown(_) => &mut counts.unknown,
                Outcome::NotTried => &mut counts.not_tried,
            } += 1;
        }
        counts
    }
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
    /// All is done that may be done; what differs is on VFs that others hold.
    Held,
    /// No document concerns the host.
    NotConcerned,
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
    /// The host; absent where the lane is the cluster's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// The stage.
    pub stage: Stage,
    /// What it works on, such as `pci/0000:3b:00.0` or `system`.
    pub thing: Thing,
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
    /// The phase it belongs to; absent where it restores what was changed for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// The op.
    pub op: Op,
    /// What became of it.
    pub outcome: Outcome,
    /// Because of whom it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The usual cause of its refusal, by what was read afterwards, and what to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
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
        Self {
            format: ReportFormat::V1,
            made: None,
            result: Result::Refused,
            changed: false,
            blocked: false,
            needs_consent: false,
            summary: Counts::default(),
            refusals,
            errors: Vec::new(),
            disruptions: Vec::new(),
            held: Vec::new(),
            lanes: Vec::new(),
        }
    }

    /// Returns the report with what the plan says: what blocks it, what needs consent, and what others hold.
    pub fn of(self, plan: &Plan) -> Self {
        Self {
            blocked: plan.is_blocked(),
            needs_consent: plan.needs_consent(),
            errors: plan.errors_that_block(),
            disruptions: plan.disruptions(),
            held: plan.held().cloned().collect(),
            ..self
        }
    }

    /// Renders the report for people. The text ends with a line feed.
    pub fn render(&self) -> String {
        let Self { result, refusals, held, lanes, summary: Counts { planned, done, .. }, .. } = self;
        let mut text = String::new();
        for refusal in refusals {
            let _ = writeln!(text, "refused: {refusal}");
        }
        let several = lanes.windows(2).any(|pair| matches!(pair, [one, other] if one.host != other.host));
        for lane in lanes {
            lane.render(several, &mut text);
        }
        let _ = match result {
            Result::Converged => writeln!(text, "Applied: {done} of {planned} changes, verified."),
            Result::Held => {
                let differences = if held.len() == 1 {
                    "1 difference".to_owned()
                } else {
                    format!("{} differences", held.len())
                };
                writeln!(
                    text,
                    "Applied: {done} of {planned} changes, verified. {differences} left alone: others hold the VFs."
                )
            }
            Result::NotConcerned => writeln!(text, "No document concerns this host."),
            Result::Refused => writeln!(text, "Nothing was changed."),
            Result::Failed => {
                writeln!(
                    text,
                    "Not converged: {done} of {planned} changes done; run plan to see what is left."
                )
            }
            Result::Interrupted => {
                writeln!(text, "Interrupted: {done} of {planned} changes done; run plan to see what is left.")
            }
        };
        text
    }
}

impl LaneReport {
    /// Returns whether anything was done or tried.
    pub(crate) fn has_acted(&self) -> bool {
        self.ops.iter().any(|op| op.outcome != Outcome::NotTried)
    }

    /// Returns the ops of the plan: what is restored is one of them, but where its own step was performed before.
    fn planned(&self) -> impl Iterator<Item = &OpReport> {
        let mut by_subject = BTreeMap::<_, Vec<&Op>>::new();
        for OpReport { op, .. } in self.ops.iter().filter(|op| op.phase.is_some()) {
            by_subject.entry((op.target.thing(), op.action.kind())).or_default().push(op);
        }
        let was_performed = move |op: &Op| {
            let same = by_subject.get(&(op.target.thing(), op.action.kind()));
            same.is_some_and(|ops| ops.contains(&op))
        };
        self.ops.iter().filter(move |report| report.phase.is_some() || !was_performed(&report.op))
    }

    /// Returns the report of a lane in which nothing has happened yet.
    pub(crate) fn new(scope: &Scope, stage: Stage, lane: &Lane) -> Self {
        Self {
            host: scope.host().cloned(),
            stage,
            thing: lane.thing.clone(),
            title: lane.title.clone(),
            ops: Vec::new(),
            unmet: Vec::new(),
            troubles: Vec::new(),
        }
    }

    /// Returns whether nothing went wrong.
    pub(crate) fn is_clean(&self) -> bool {
        self.unmet.is_empty()
            && self.troubles.is_empty()
            && self.ops.iter().all(|op| op.outcome == Outcome::Done)
    }

    /// Appends what went wrong; `several` is whether other lanes are of other scopes.
    fn render(&self, several: bool, text: &mut String) {
        if self.is_clean() {
            return;
        }
        let Self { host, stage: _, thing: _, title, ops, unmet, troubles } = self;
        let scope = match host {
            Some(host) if several => format!("host {host}, "),
            None if several => "cluster, ".to_owned(),
            Some(_) | None => String::new(),
        };
        let _ = writeln!(text, "{scope}{title}:");
        for OpReport { phase, op, outcome, because: _, hint } in ops {
            match outcome {
                Outcome::Done | Outcome::NotTried => {}
                Outcome::Refused(error) => {
                    let _ = writeln!(text, "  failed to {}{}: {error}", attempt(op), in_phase(*phase));
                }
                Outcome::Unknown(why) => {
                    let _ = writeln!(text, "  no answer on {}{}: {why}", attempt(op), in_phase(*phase));
                }
            }
            if let Some(hint) = hint {
                let _ = writeln!(text, "    hint: {hint}");
            }
        }
        for Unmet { phase, claim, found } in unmet {
            let when = phase.map_or_else(|| "at the end".to_owned(), |phase| format!("after phase {phase}"));
            let _ = writeln!(text, "  verification failed {when}: expected {claim}, found {found}");
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
            let because = op.because.as_deref().unwrap_or("an earlier step failed");
            match left.iter_mut().find(|(reason, _)| *reason == because) {
                Some((_, count)) => *count += 1,
                None => left.push((because, 1)),
            }
        }
        left
    }
}

/// Returns in which phase something happened.
fn in_phase(phase: Option<Phase>) -> String {
    phase.map_or_else(String::new, |phase| format!(", in phase {phase}"))
}

/// Returns an op as what was attempted: as the command that does it, but for one that writes a whole object.
fn attempt(op: &Op) -> String {
    match op.action.kind() {
        ActionKind::ApplyObject => format!("write {}", op.target.thing()),
        _ => format!("`{op}`"),
    }
}

#[cfg(test)]
mod tests {
    use vfctl_port::{Action, Target};

    use super::*;

    #[test]
    fn what_was_not_tried_is_reported_by_reason() {
        let mut lane = LaneReport {
            host: None,
            stage: Stage::Ports,
            thing: Thing::System,
            title: "eth0".to_owned(),
            ops: Vec::new(),
            unmet: Vec::new(),
            troubles: Vec::new(),
        };
        for because in
            [Some("its needs are not met"), Some("phase bind failed"), None, Some("phase bind failed")]
        {
            lane.ops.push(OpReport {
                phase: Some(Phase::Bind),
                op: Op {
                    target: Target::Module("vfio_pci".parse().expect("a module")),
                    action: Action::LoadModule,
                },
                outcome: Outcome::NotTried,
                because: because.map(str::to_owned),
                hint: None,
            });
        }
        let report = Report {
            result: Result::Failed,
            changed: true,
            lanes: vec![lane],
            ..Report::refused(Vec::new())
        };
        let reported: Vec<String> = report
            .render()
            .lines()
            .filter_map(|line| line.strip_prefix("  not tried: ").map(str::to_owned))
            .collect();
        let expected = [
            "1 change, because its needs are not met",
            "2 changes, because phase bind failed",
            "1 change, because an earlier step failed",
        ];
        assert_eq!(reported, expected);
    }
}
