//! A plan as people read it: equal changes of many VFs in one line, at most 100 columns wide.

use std::fmt::Write;

use vfctl_kinds::change::Change;
use vfctl_kinds::change_value::ChangeValue;
use vfctl_kinds::finding::{Finding, Findings};
use vfctl_kinds::step::{Reason, Step};
use vfctl_port::{ActionKind, Scope};

use crate::document::{Lane, Plan};
use crate::refusal::{consequence, disruption};
use crate::scope_plan::{ScopePlan, Summary};
use crate::summary;
use crate::tally::{Tally, counted};
use crate::wrap::wrap;

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

/// Renders a plan. The text ends with a line feed.
pub fn render(plan: &Plan, detail: Detail) -> String {
    let mut text = String::new();
    let mut tally = Tally::default();
    for (position, (scope, plan)) in plan.scopes().enumerate() {
        if position > 0 {
            text.push('\n');
        }
        text.push_str(&render_scope(&scope, plan, detail));
        if scope.host().is_some() {
            tally.count(&plan.summary());
        }
    }
    if plan.hosts.len() > 1 {
        let _ = writeln!(text, "\n{tally}");
    }
    if text.is_empty() {
        // Nothing is asked for, and nothing of vfctl's is there.
        line(&mut text, 0, "No changes.");
    }
    text
}

/// Renders the plan of one scope. The text ends with a line feed.
pub fn render_scope(scope: &Scope, plan: &ScopePlan, detail: Detail) -> String {
    let mut text = String::new();
    write_scope(&mut text, scope, plan, detail);
    text
}

fn write_scope(text: &mut String, scope: &Scope, plan: &ScopePlan, detail: Detail) {
    let documents = match (plan.documents.is_empty(), plan.is_blocked()) {
        (false, _) => plan.documents.join(", "),
        // Whether a document concerns it, an error below says.
        (true, true) => "documents not known".to_owned(),
        (true, false) => "no document".to_owned(),
    };
    line(text, 0, &format!("{scope}: {documents}"));
    if plan.documents.is_empty() && !plan.is_blocked() {
        line(
            text,
            0,
            &format!(
                "No document concerns this {}.",
                if scope.host().is_some() { "host" } else { "cluster" }
            ),
        );
        return;
    }
    for stage in &plan.stages {
        for (position, lane) in stage.lanes.iter().enumerate() {
            let before = stage.lanes.get(..position).unwrap_or_default();
            render_lane(text, before, lane, plan.is_blocked(), detail);
        }
    }
    render_findings(text, 1, &plan.findings);
    line(text, 0, &summary(plan, detail));
}

/// Renders a lane; `before` are those of its stage that stand before it.
fn render_lane(text: &mut String, before: &[Lane], lane: &Lane, is_blocked: bool, detail: Detail) {
    let has_work = !(lane.phases.is_empty() || is_blocked && lane.thing.pf().is_none());
    if !has_work && lane.findings.is_empty() {
        return;
    }
    line(text, 1, &lane.heading);
    let in_queue = |other: &&Lane| other.queue == lane.queue && !other.phases.is_empty();
    let is_on_host = lane.thing.object().is_none();
    if let Some(before) = before.iter().rfind(in_queue).filter(|_| has_work && is_on_host) {
        let title = &before.title;
        line(text, 2, &format!("after {title}: both share a bond, a bridge or the path to this host"));
    }
    if has_work && !lane.findings.block() {
        for phase in &lane.phases {
            line(text, 2, &phase.phase.to_string());
            for step in &phase.steps {
                render_step(text, step, detail);
            }
        }
    }
    render_findings(text, 2, &lane.findings);
}

fn render_step(text: &mut String, step: &Step, detail: Detail) {
    let why = match step.reason {
        Reason::Asked => String::new(),
        reason => format!("  ({reason})"),
    };
    for change in summary::changes(step, detail) {
        line(text, 3, &format!("{} {change}{why}", symbol(step)));
    }
    for detail in &step.details {
        line(text, 4, detail);
    }
    if step.needs_consent() {
        let need = if detail == Detail::Allowed { "" } else { "; apply needs --allow-disruption" };
        line(text, 4, &format!("! {}{need}", consequence(step)));
    }
    for victim in &step.victims {
        line(text, 4, &format!("! {}", disruption(victim)));
    }
    if detail == Detail::Verbose {
        for change in &step.changes {
            // A command is never wrapped: it is there to be copied.
            let origin = change.origin.as_ref().map_or(String::new(), |origin| format!("  # {origin}"));
            let _ = writeln!(text, "        $ {}{origin}", change.op);
        }
    }
}

/// Returns what a step does in one character: whether something comes, goes or becomes another.
fn symbol(step: &Step) -> char {
    let Some(Change { from, to, op, .. }) = step.changes.first() else { return '~' };
    match (from, to, op.action.kind()) {
        (_, ChangeValue::Nothing, _) | (_, _, ActionKind::RemoveVfs) => '-',
        (Some(ChangeValue::Nothing), _, _) | (_, _, ActionKind::CreateVfs | ActionKind::LoadModule) => '+',
        _ => '~',
    }
}

fn render_findings(text: &mut String, depth: usize, findings: &Findings) {
    for finding in &findings.problems {
        render_finding(text, depth, "error", finding);
    }
    for finding in &findings.held {
        render_finding(text, depth, "held", finding);
    }
    for finding in &findings.notes {
        render_finding(text, depth, "note", finding);
    }
}

fn render_finding(text: &mut String, depth: usize, level: &str, finding: &Finding) {
    let Finding { origin, message, details, help } = finding;
    line(text, depth, &format!("{level}: {message}"));
    for detail in details {
        line(text, depth + 1, detail);
    }
    if let Some(origin) = origin {
        line(text, depth + 1, &format!("at {origin}"));
    }
    if let Some(help) = help {
        line(text, depth + 1, &format!("fix: {help}"));
    }
}

/// Returns the last line of a scope.
fn summary(plan: &ScopePlan, detail: Detail) -> String {
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

/// Appends a line, indented, wrapped at 100 columns.
fn line(text: &mut String, depth: usize, content: &str) {
    for part in wrap(content, 2 * depth) {
        text.push_str(&part);
        text.push('\n');
    }
}
