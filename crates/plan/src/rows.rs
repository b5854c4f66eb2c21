//! A plan as rows: what is said, how deep it stands, and what sort of thing it is. The text of `plan`, and a review as Markdown
//! or HTML, are views of the same rows.

use vfctl_kinds::change::Change;
use vfctl_kinds::change_value::ChangeValue;
use vfctl_kinds::finding::{Finding, Findings};
use vfctl_kinds::step::{Reason, Step};
use vfctl_port::{ActionKind, Scope};

use crate::document::Lane;
use crate::refusal::{consequence, disruption};
use crate::scope_plan::{ScopePlan, Summary};
use crate::summary;
use crate::tally::counted;
use crate::text_hash::{Hasher, TextHash};

/// How much a plan's text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Changes, victims, findings.
    Short,
    /// The same to a user who has allowed disruption, and is not asked to.
    Allowed,
    /// The reason and the commands, too.
    Verbose,
}

/// The plan of one scope, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRows {
    /// The names of the documents that concern it, or that there is none.
    pub documents: String,
    /// What the plan says, in order. The last row sums it up.
    pub rows: Vec<Row>,
    /// A hash of the changes in full, of which rows leave something out.
    pub exact: TextHash,
    /// The plan at a glance.
    pub summary: Summary,
}

/// One thing that a plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// How deep it stands.
    pub depth: usize,
    /// What sort of thing it is.
    pub sort: RowSort,
    /// What is said, without the mark.
    pub content: String,
}

/// What sort of thing a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowSort {
    /// What is worked on, such as a PF with its names.
    Lane,
    /// When in the lane.
    Phase,
    /// Something is created.
    Created,
    /// Something becomes another.
    Changed,
    /// Something is removed.
    Removed,
    /// Whom a step disrupts, or that it destroys VFs.
    Disruption,
    /// The command for a change, which is there to be copied.
    Command,
    /// What blocks the plan.
    Error,
    /// What others hold, and is left alone.
    Held,
    /// What is good to know.
    Note,
    /// More on the row before.
    More,
    /// The plan in one line.
    Summary,
}

impl RowSort {
    /// Returns the symbol or word that a row of this sort begins with; `None` where it has none.
    pub fn mark(self) -> Option<&'static str> {
        match self {
            Self::Created => Some("+"),
            Self::Changed => Some("~"),
            Self::Removed => Some("-"),
            Self::Disruption => Some("!"),
            Self::Command => Some("$"),
            Self::Error => Some("error:"),
            Self::Held => Some("held:"),
            Self::Note => Some("note:"),
            Self::Lane | Self::Phase | Self::More | Self::Summary => None,
        }
    }
}

impl Row {
    /// Returns the mark and what is said.
    pub fn text(&self) -> String {
        match self.sort.mark() {
            Some(mark) => format!("{mark} {}", self.content),
            None => self.content.clone(),
        }
    }
}

impl ScopeRows {
    /// Puts a plan into words.
    pub fn of(scope: &Scope, plan: &ScopePlan, detail: Detail) -> Self {
        let mut writer = Writer { rows: Vec::new(), exact: Hasher::new(), detail };
        let documents = match (plan.documents.is_empty(), plan.is_blocked()) {
            (false, _) => plan.documents.join(", "),
            // Whether a document concerns it, an error below says.
            (true, true) => "documents not known".to_owned(),
            (true, false) => "no document".to_owned(),
        };
        if plan.documents.is_empty() && !plan.is_blocked() {
            let what = if scope.host().is_some() { "host" } else { "cluster" };
            writer.row(0, RowSort::Summary, format!("No document concerns this {what}."));
        } else {
            writer.scope(plan);
        }
        Self { documents, rows: writer.rows, exact: writer.exact.end(), summary: plan.summary() }
    }
}

/// Writes rows.
struct Writer {
    rows: Vec<Row>,
    exact: Hasher,
    detail: Detail,
}

impl Writer {
    fn row(&mut self, depth: usize, sort: RowSort, content: impl Into<String>) {
        self.rows.push(Row { depth, sort, content: content.into() });
    }

    fn scope(&mut self, plan: &ScopePlan) {
        for stage in &plan.stages {
            for (position, lane) in stage.lanes.iter().enumerate() {
                let before = stage.lanes.get(..position).unwrap_or_default();
                self.lane(before, lane, plan.is_blocked());
            }
        }
        self.findings(1, &plan.findings);
        self.row(0, RowSort::Summary, in_one_line(plan, self.detail));
    }

    /// Writes a lane; `before` are those of its stage that stand before it.
    fn lane(&mut self, before: &[Lane], lane: &Lane, is_blocked: bool) {
        let has_work = !(lane.phases.is_empty() || is_blocked && lane.thing.pf().is_none());
        if !has_work && lane.findings.is_empty() {
            return;
        }
        self.row(1, RowSort::Lane, lane.heading.clone());
        let in_queue = |other: &&Lane| other.queue == lane.queue && !other.phases.is_empty();
        let is_on_host = lane.thing.object().is_none();
        if let Some(before) = before.iter().rfind(in_queue).filter(|_| has_work && is_on_host) {
            let title = &before.title;
            let why = format!("after {title}: both share a bond, a bridge or the path to this host");
            self.row(2, RowSort::More, why);
        }
        if has_work && !lane.findings.block() {
            for phase in &lane.phases {
                self.row(2, RowSort::Phase, phase.phase.to_string());
                for step in &phase.steps {
                    self.step(step);
                }
            }
        }
        self.findings(2, &lane.findings);
    }

    fn step(&mut self, step: &Step) {
        let why = match step.reason {
            Reason::Asked => String::new(),
            reason => format!("  ({reason})"),
        };
        for change in summary::changes(step, self.detail, &mut self.exact) {
            self.row(3, sort_of(step), format!("{change}{why}"));
        }
        for detail in &step.details {
            self.row(4, RowSort::More, detail.clone());
        }
        if step.needs_consent() {
            let need = if self.detail == Detail::Allowed { "" } else { "; apply needs --allow-disruption" };
            self.row(4, RowSort::Disruption, format!("{}{need}", consequence(step)));
        }
        for victim in &step.victims {
            self.row(4, RowSort::Disruption, disruption(victim));
        }
        if self.detail == Detail::Verbose {
            for change in &step.changes {
                let origin = change.origin.as_ref().map_or(String::new(), |origin| format!("  # {origin}"));
                self.row(4, RowSort::Command, format!("{}{origin}", change.op));
            }
        }
    }

    fn findings(&mut self, depth: usize, findings: &Findings) {
        for finding in &findings.problems {
            self.finding(depth, RowSort::Error, finding);
        }
        for finding in &findings.held {
            self.finding(depth, RowSort::Held, finding);
        }
        for finding in &findings.notes {
            self.finding(depth, RowSort::Note, finding);
        }
    }

    fn finding(&mut self, depth: usize, sort: RowSort, finding: &Finding) {
        let Finding { origin, message, details, help } = finding;
        self.row(depth, sort, message.clone());
        for detail in details {
            self.row(depth + 1, RowSort::More, detail.clone());
        }
        if let Some(origin) = origin {
            self.row(depth + 1, RowSort::More, format!("at {origin}"));
        }
        if let Some(help) = help {
            self.row(depth + 1, RowSort::More, format!("fix: {help}"));
        }
    }
}

/// Returns whether by a step something comes, goes or becomes another.
fn sort_of(step: &Step) -> RowSort {
    let Some(Change { from, to, op, .. }) = step.changes.first() else { return RowSort::Changed };
    match (from, to, op.action.kind()) {
        (_, ChangeValue::Nothing, _) | (_, _, ActionKind::RemoveVfs) => RowSort::Removed,
        (Some(ChangeValue::Nothing), _, _) | (_, _, ActionKind::CreateVfs | ActionKind::LoadModule) => {
            RowSort::Created
        }
        _ => RowSort::Changed,
    }
}

/// Returns the plan of a scope in one line.
fn in_one_line(plan: &ScopePlan, detail: Detail) -> String {
    let Summary { blocked, needs_consent, steps, changes, physical_functions, errors, held, .. } =
        plan.summary();
    if blocked {
        return format!("Plan blocked by {}. Nothing will be changed.", counted(errors, "error"));
    }
    let held = match held {
        0 => String::new(),
        held => format!(" {} left alone: others hold the VFs.", counted(held, "difference")),
    };
    if steps == 0 {
        return format!("No changes.{held}");
    }
    let consent =
        if needs_consent && detail != Detail::Allowed { " Apply needs --allow-disruption." } else { "" };
    format!(
        "Plan: {}, {} on {}.{consent}{held}",
        counted(steps, "step"),
        counted(changes, "change"),
        match (physical_functions, plan.objects()) {
            (0, objects) if objects > 0 => counted(objects, "object"),
            (physical_functions, _) => counted(physical_functions, "PF"),
        }
    )
}
