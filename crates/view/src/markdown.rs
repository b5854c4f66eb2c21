//! A review as Markdown: a comment for a merge request on GitHub or GitLab, which hold 65,536 characters and more.
//!
//! Names and texts of others stand in `<code>` as numeric character references, or in a fence that is longer than any run of
//! backticks in it: neither can begin a link, a mention or markup.

use std::collections::BTreeSet;

use crate::budget::Budget;
use crate::code::{code, fenced, shortened};
use crate::review::{BLOCKED, Bounds, DISRUPTS, ERRORS, Entry, NOTES, Rank, Review};

/// The most characters of a review.
pub(crate) const MOST: usize = 60_000;

/// The most characters of its table, of what is said of who is disrupted, and of what blocks plans.
const SECTION: usize = 14_000;

/// The most characters of the errors, and of the warnings and notes.
const SAID: usize = 6_000;

/// The fewest characters that the details of a plan are cut to.
const LEAST: usize = 1_000;

/// The fewest characters that an error, a warning or a note is cut to.
const LEAST_SAID: usize = 500;

/// The most characters of a line that stands outside of the folds.
const LINE: usize = 300;

/// How many hosts with equal plans are named, in which share of the details of a plan.
const NAMED: (usize, usize) = (20, 3);

/// The most characters of a cell.
const CELL: usize = 160;

/// How many characters a fence takes, and what stands between it and others.
const FENCE: usize = 20;

impl Bounds {
    /// Returns how much of the plans is kept for a review as Markdown.
    pub fn of_markdown() -> Self {
        Self { entry: 12_000, least: LEAST, rank: MOST, pictures: 0 }
    }
}

/// Renders a review. It has at most [`MOST`] characters; where something is cut, it is said how much.
pub fn markdown(review: &Review) -> String {
    let entries = review.entries();
    let mut text = format!("## vfctl plan\n\n{}\n", at_a_glance(&review.in_short(), &entries));
    text.push_str(&table(&entries));
    text.push_str(&alarms(&entries, Rank::Disrupts, DISRUPTS, "that destroy VFs or disrupt their users"));
    text.push_str(&alarms(&entries, Rank::Blocked, BLOCKED, "that are blocked"));
    text.push_str(&said(ERRORS, review.errors()));
    text.push_str(&said(NOTES, review.notes()));
    let room = MOST.saturating_sub(text.chars().count());
    text.push_str(&details(&entries, room));
    text
}

/// Returns how many hosts stand how, and on how many of them a plan needs consent. A plan that is blocked needs none: it is not
/// applied.
fn at_a_glance(in_short: &str, entries: &[Entry<'_>]) -> String {
    let hosts = format!("**{in_short}**");
    let disrupting = || entries.iter().filter(|entry| entry.rank() == Rank::Disrupts);
    let count: usize = disrupting().map(Entry::hosts).sum();
    let needing = match (count, disrupting().any(Entry::is_cluster)) {
        (0, false) => return hosts,
        (0, true) => "the cluster".to_owned(),
        (1, false) => "1 host".to_owned(),
        (count, false) => format!("{count} hosts"),
        (count, true) => format!("the cluster and {count} of the hosts"),
    };
    let what = "Apply would destroy VFs or disrupt their users";
    format!("{hosts} ⚠️ {what}: it needs `--allow-disruption` for {needing}.")
}

/// Returns the table of all plans.
fn table(entries: &[Entry<'_>]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let mut table = Budget::new("\n| Hosts | Plan | Documents |\n|:--|:--|:--|\n", SECTION);
    let (mut rows, mut hosts) = (0, 0);
    for entry in entries {
        let plan = entry.in_one_line();
        let documents = code(&shortened(entry.documents(), CELL));
        let row = format!("| {} | {plan} | {documents} |\n", title(entry));
        if !table.add(&row) {
            (rows, hosts) = (rows + 1, hosts + entry.hosts());
        }
    }
    table.end(rows, &format!("\n… and {rows} more rows, of {hosts} hosts.\n"))
}

/// Returns what nobody is to miss of the plans of a rank, outside of the folds.
fn alarms(entries: &[Entry<'_>], rank: Rank, heading: &str, which: &str) -> String {
    let alarming: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.rank() == rank).collect();
    if alarming.is_empty() {
        return String::new();
    }
    let mut section = Budget::new(&format!("\n### {heading}\n"), SECTION);
    let (mut left, mut hosts) = (0, 0);
    for (position, entry) in alarming.iter().enumerate() {
        let share = section.share(alarming.len() - position, LEAST);
        let (rows, cut) = entry.alarms();
        let texts: Vec<String> = rows.into_iter().map(|row| shortened(&diff_line(row), LINE)).collect();
        let order = (0..texts.len()).collect();
        let lines = Lines { texts, order, cut };
        let part = within(share, &lines, entry, |fence| format!("\n{}:\n\n{fence}", title(entry)));
        if !part.is_some_and(|part| section.add(&part)) {
            (left, hosts) = (left + 1, hosts + entry.hosts());
        }
    }
    section.end(left, &format!("\n… and {left} more plans {which}, of {hosts} hosts.\n"))
}

/// Returns what is said besides the plans, under its heading.
fn said(heading: &str, texts: &[String]) -> String {
    if texts.is_empty() {
        return String::new();
    }
    let mut section = Budget::new(&format!("\n### {heading}\n"), SAID);
    let mut left = 0;
    for (position, text) in texts.iter().enumerate() {
        let share = section.share(texts.len() - position, LEAST_SAID);
        let within = |most: usize| {
            let part = format!("\n{}", fenced(&shortened(text, most.saturating_sub(FENCE))));
            (part.chars().count() <= share).then_some(part)
        };
        // A fence is longer than what it is around, where that is backticks.
        let part = within(share).or_else(|| within(share / 3));
        left += usize::from(!part.is_some_and(|part| section.add(&part)));
    }
    section.end(left, &format!("\n… and {left} more.\n"))
}

/// Returns all that the plans say, folded, in at most so many characters.
fn details(entries: &[Entry<'_>], room: usize) -> String {
    let detailed: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.has_details()).collect();
    if detailed.is_empty() {
        return String::new();
    }
    let mut section = Budget::new("\n### Details\n", room);
    let (mut left, mut hosts) = (0, 0);
    for (position, entry) in detailed.iter().enumerate() {
        let share = section.share(detailed.len() - position, LEAST);
        let texts = entry.rows().iter().map(diff_line).collect();
        let lines = Lines { texts, order: entry.rows_by_need(), cut: entry.cut().all() };
        let names = names(entry, share / NAMED.1);
        let part = within(share, &lines, entry, |fence| {
            let (title, plan) = (title(entry), entry.in_one_line());
            format!("\n<details><summary>{title}: {plan}</summary>\n\n{names}{fence}\n</details>\n")
        });
        if !part.is_some_and(|part| section.add(&part)) {
            (left, hosts) = (left + 1, hosts + entry.hosts());
        }
    }
    section.end(left, &format!("\n… and the details of {left} more plans, of {hosts} hosts.\n"))
}

/// Returns the names of the first hosts of an entry, in at most so many characters with what follows them; nothing where the
/// title names all, or there is no room for one.
fn names(entry: &Entry<'_>, room: usize) -> String {
    let (names, more) = entry.named(NAMED.0);
    let (mut text, mut shown) = (String::new(), 0);
    for name in &names {
        let gap = if shown == 0 { "" } else { ", " };
        let name = format!("{gap}{}", code(name.as_str()));
        if text.chars().count() + name.chars().count() > room {
            break;
        }
        text.push_str(&name);
        shown += 1;
    }
    match (shown, more + names.len() - shown) {
        (0, _) => String::new(),
        (_, 0) => format!("{text}\n\n"),
        (_, more) => format!("{text}, and {more} more\n\n"),
    }
}

/// Lines of which some may be left out.
struct Lines {
    texts: Vec<String>,
    /// Their places, the most needed line first.
    order: Vec<usize>,
    /// How many others are left out already.
    cut: usize,
}

/// Returns as many of the lines as fit into so many characters together with what `frame` puts around them; `None` where not
/// even the frame does.
fn within(room: usize, lines: &Lines, entry: &Entry<'_>, frame: impl Fn(&str) -> String) -> Option<String> {
    let Lines { texts, order, cut } = lines;
    let part = |shown: usize| {
        let left = texts.len() - shown + cut;
        let rest = if left == 0 { String::new() } else { cut_note(left, entry) };
        let places: BTreeSet<usize> = order.iter().take(shown).copied().collect();
        let shown: Vec<&str> =
            places.into_iter().filter_map(|place| texts.get(place)).map(String::as_str).collect();
        let fence = if shown.is_empty() { String::new() } else { fenced(&shown.join("\n")) };
        frame(&format!("{fence}{rest}"))
    };
    let fits = |shown: usize| part(shown).chars().count() <= room;
    if fits(texts.len()) {
        return Some(part(texts.len()));
    }
    // More lines are longer, but for a note on one line that is left: the last that fits is near enough.
    let mut range = 0..texts.len();
    while range.len() > 1 {
        let middle = range.start + range.len() / 2;
        range = if fits(middle) { middle..range.end } else { range.start..middle };
    }
    fits(range.start).then(|| part(range.start))
}

/// Returns how many lines are left out, and how they are seen.
fn cut_note(left: usize, entry: &Entry<'_>) -> String {
    format!("\n… and {left} more lines; the text of {} shows all.\n", code(&entry.command()))
}

/// Returns what an entry is called.
fn title(entry: &Entry<'_>) -> String {
    let (words, name) = entry.title();
    let sign = if entry.rank() == Rank::Disrupts { "⚠️ " } else { "" };
    format!("{sign}{words}{}", code(&name))
}

/// Returns a row as a line of a difference: its symbol first, for which the line is coloured. A text of others is one line, so
/// that no part of it looks like another row.
fn diff_line(row: &vfctl_plan::Row) -> String {
    let indent = "  ".repeat(row.depth.saturating_sub(1));
    let mark = row.sort.mark().filter(|mark| mark.len() == 1);
    let line = match mark {
        Some(mark) => format!("{mark} {indent}{}", row.content),
        None => format!("  {indent}{}", row.text()),
    };
    line.replace('\n', " ")
}
