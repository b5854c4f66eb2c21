//! A plan as people read it: equal changes of many VFs in one line, at most 100 columns wide.

use std::fmt::Write;

use vfctl_kinds::finding::{Finding, Findings};
use vfctl_kinds::step::{Impact, Reason, Step};
use vfctl_model::{HostName, VfIndex, VfSet};
use vfctl_port::{ClaimValue, Expect, Op, Property};

use crate::document::{HostPlan, Lane, Plan};
use crate::summary;
use crate::wrap::wrap;

/// How much a plan's text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Changes, victims, findings.
    Short,
    /// The reason and the commands, too.
    Verbose,
}

/// Renders a plan. The text ends with a line feed.
pub fn render(plan: &Plan, detail: Detail) -> String {
    let mut text = String::new();
    for (position, (name, host)) in plan.hosts.iter().enumerate() {
        if position > 0 {
            text.push('\n');
        }
        render_host(&mut text, name, host, detail);
    }
    if plan.hosts.len() > 1 {
        text.push('\n');
        line(&mut text, 0, &fleet_summary(plan));
    }
    text
}

fn render_host(text: &mut String, name: &HostName, host: &HostPlan, detail: Detail) {
    let documents =
        if host.documents.is_empty() { "no document".to_owned() } else { host.documents.join(", ") };
    line(text, 0, &format!("host {name}: {documents}"));
    if host.documents.is_empty() {
        line(text, 0, "Not for this host.");
        return;
    }
    if !host.prepare.is_empty() && !host.is_blocked() {
        line(text, 1, "system");
        for step in &host.prepare {
            render_step(text, step, detail);
        }
    }
    for lane in &host.lanes {
        render_lane(text, host, lane, detail);
    }
    render_findings(text, 1, &host.findings);
    line(text, 0, &summary(host));
}

fn render_lane(text: &mut String, host: &HostPlan, lane: &Lane, detail: Detail) {
    let nothing_to_say = lane.findings.problems.is_empty() && lane.findings.notes.is_empty();
    if lane.phases.is_empty() && nothing_to_say {
        return;
    }
    let driver = lane.driver.as_ref().map_or("no driver", |driver| driver.as_str());
    let title = match &lane.interface {
        Some(interface) => format!("{interface} ({}, {driver})", lane.pf),
        None => format!("{} ({driver})", lane.pf),
    };
    line(text, 1, &format!("{title} as {}", lane.name));
    let earlier =
        host.lanes.iter().take_while(|other| other.pf != lane.pf).filter(|other| !other.phases.is_empty());
    if let Some(before) = earlier.filter(|other| other.queue == lane.queue && !lane.phases.is_empty()).last()
    {
        line(
            text,
            2,
            &format!("after {}: both stand under one bond, bridge or path to this host", before.title()),
        );
    }
    if lane.findings.problems.is_empty() {
        for phase in &lane.phases {
            line(text, 2, &phase.phase.to_string());
            for step in &phase.steps {
                render_step(text, step, detail);
            }
            if phase.steps.iter().any(|step| step.changes.iter().any(creates)) {
                render_addresses(text, lane);
            }
        }
    }
    render_findings(text, 2, &lane.findings);
}

/// Returns whether a change makes VFs.
fn creates(change: &vfctl_kinds::step::Change) -> bool {
    matches!(change.op, Op::SetVfCount { count, .. } if count > 0)
}

/// Shows which PCI addresses new VFs will have.
fn render_addresses(text: &mut String, lane: &Lane) {
    let mut addresses = lane.vf_addresses.iter();
    let (Some((first, at)), last) = (addresses.next(), addresses.next_back()) else { return };
    let shown = match last {
        Some((last, end)) => format!("vf {first}-{last} at {at} to {end}"),
        None => format!("vf {first} at {at}"),
    };
    line(text, 4, &shown);
}

fn render_step(text: &mut String, step: &Step, detail: Detail) {
    let why = match step.reason {
        Reason::Asked => String::new(),
        reason => format!("  ({reason})"),
    };
    for change in summary::changes(step) {
        line(text, 3, &format!("{change}{why}"));
    }
    if step.impact == Impact::Destroys {
        line(text, 4, &format!("! {}", destroyed(step)));
    } else if !step.victims.is_empty() {
        let what = match &step.property {
            Property::Up => "takes the PF down, and its VFs' link with it".to_owned(),
            _ => step.impact.to_string(),
        };
        line(text, 4, &format!("! {what}; apply needs --allow-disruption"));
    }
    for victim in &step.victims {
        let of = victim.vf.map_or_else(|| "this host".to_owned(), |VfIndex(vf)| format!("vf {vf}"));
        let verb = if victim.perhaps { "may hurt" } else { "hurts" };
        line(text, 4, &format!("! {verb} {of}: {}", victim.user));
    }
    if detail == Detail::Verbose {
        for change in &step.changes {
            // A command is never wrapped: it is there to be copied.
            let origin = change.origin.as_ref().map_or(String::new(), |origin| format!("  # {origin}"));
            let _ = writeln!(text, "        $ {}{origin}", change.op);
        }
    }
}

/// Returns which VFs a step destroys.
fn destroyed(step: &Step) -> String {
    let count = step.requires.iter().find_map(|claim| match (&claim.property, &claim.expect) {
        (Property::VfCount, Expect::Is(ClaimValue::Number(count))) => u16::try_from(*count).ok(),
        _ => None,
    });
    let which = count.map_or("its VFs".to_owned(), |count| format!("vf {}", VfSet::first(count)));
    format!("destroys {which}; apply needs --allow-disruption")
}

fn render_findings(text: &mut String, depth: usize, findings: &Findings) {
    for finding in &findings.problems {
        render_finding(text, depth, "error", finding);
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

/// Returns the last line of a plan for several hosts.
fn fleet_summary(plan: &Plan) -> String {
    let count = |is: &dyn Fn(&HostPlan) -> bool| plan.hosts.values().filter(|host| is(host)).count();
    let concerned = |host: &HostPlan| !host.documents.is_empty();
    let parts = [
        (count(&HostPlan::is_blocked), "blocked"),
        (count(&|host| !host.is_blocked() && !host.is_empty()), "with changes"),
        (count(&|host| concerned(host) && !host.is_blocked() && host.is_empty()), "without changes"),
        (count(&|host| !concerned(host) && !host.is_blocked()), "not concerned"),
    ];
    let told = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    format!("{}: {}.", counted(plan.hosts.len(), "host"), told.collect::<Vec<_>>().join(", "))
}

/// Returns the last line of a host.
fn summary(host: &HostPlan) -> String {
    if host.is_blocked() {
        let problems = host.findings.problems.len()
            + host.lanes.iter().map(|lane| lane.findings.problems.len()).sum::<usize>();
        return format!("Blocked: {} to mend before anything is written.", counted(problems, "error"));
    }
    if host.is_empty() {
        return "No changes.".to_owned();
    }
    let steps = host.steps().count();
    let ops: usize = host.steps().map(|step| step.changes.len()).sum();
    let consent = if host.needs_consent() { " Apply needs --allow-disruption." } else { "" };
    let lanes = host.lanes.iter().filter(|lane| !lane.phases.is_empty()).count();
    format!(
        "Plan: {}, {} on {}.{consent}",
        counted(steps, "step"),
        counted(ops, "change"),
        counted(lanes, "PF")
    )
}

/// Returns a count with its noun.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Appends a line, indented, wrapped at 100 columns.
fn line(text: &mut String, depth: usize, content: &str) {
    for part in wrap(content, 2 * depth) {
        text.push_str(&part);
        text.push('\n');
    }
}
