//! A plan as people read it: equal changes of many VFs in one line, equal plans of many hosts once, at most 100 columns wide.

use vfctl_model::HostName;
use vfctl_port::Scope;

use crate::document::Plan;
use crate::groups::Groups;
use crate::made::Failure;
use crate::rows::{Detail, Row, RowSort, ScopeRows};
use crate::tally::Tally;
use crate::wrap::wrap;

/// Renders a plan. The text ends with a line feed.
pub fn render(plan: &Plan, detail: Detail) -> String {
    let mut parts = Vec::new();
    let (mut groups, mut tally) = (Groups::default(), Tally::default());
    for (name, plan) in &plan.hosts {
        let scope = Scope::Host(name.clone());
        let rows = ScopeRows::of(&scope, plan, detail);
        tally.count(&rows.summary);
        if groups.add(name, &rows) {
            parts.push(rows.render(&scope));
        }
    }
    parts.extend(groups.render(detail));
    if let Some(plan) = &plan.cluster {
        parts.push(ScopeRows::of(&Scope::Cluster, plan, detail).render(&Scope::Cluster));
    }
    for Failure { message, help } in &plan.errors {
        tally.count_error();
        let help = help.as_ref().map_or_else(String::new, |help| format!("  fix: {help}\n"));
        parts.push(format!("error: {message}\n{help}"));
    }
    if tally.hosts() > 1 {
        parts.push(format!("{tally}\n"));
    }
    if parts.is_empty() {
        // Nothing is asked for, and nothing of vfctl's is there.
        parts.push("No changes.\n".to_owned());
    }
    parts.join("\n")
}

impl ScopeRows {
    /// Renders the plan of one scope. The text ends with a line feed.
    pub fn render(&self, scope: &Scope) -> String {
        let Self { documents, rows, exact: _, summary: _ } = self;
        let mut text = String::new();
        line(&mut text, 0, &format!("{scope}: {documents}"));
        for row in rows {
            write_row(&mut text, row);
        }
        text
    }
}

impl Groups {
    /// Renders which hosts have the plan of one that is shown: all of them, or the first few; `None` where each is shown.
    pub fn render(&self, detail: Detail) -> Option<String> {
        let most = if detail == Detail::Verbose { usize::MAX } else { NAMED };
        let mut text = String::new();
        for group in self.iter().filter(|group| group.count() > 1) {
            let (words, first) = group.title();
            let (names, more) = group.named(most);
            let names = names.into_iter().map(HostName::as_str).collect::<Vec<_>>().join(", ");
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            line(&mut text, 0, &format!("{words}{first}: {names}{more}"));
        }
        (!text.is_empty()).then_some(text)
    }
}

/// How many hosts with equal plans are named, unless more is asked for.
const NAMED: usize = 10;

fn write_row(text: &mut String, row: &Row) {
    if row.sort != RowSort::Command {
        line(text, row.depth, &row.text());
        return;
    }
    // A command is never wrapped: it is there to be copied.
    text.push_str(&" ".repeat(2 * row.depth));
    text.push_str(&row.text());
    text.push('\n');
}

/// Appends a line, indented, wrapped at 100 columns.
fn line(text: &mut String, depth: usize, content: &str) {
    for part in wrap(content, 2 * depth) {
        text.push_str(&part);
        text.push('\n');
    }
}
