//! A review as one HTML page without any script, that needs nothing from elsewhere: pictures are drawn in it, and its policy
//! forbids to load anything.

use std::fmt::Write;

use vfctl_plan::{Made, Row, RowSort};

use crate::code::shortened;
use crate::markup::{element, escaped};
use crate::page::{Page, heading};
use crate::review::{BLOCKED, Bounds, DISRUPTS, ERRORS, Entry, NOTES, Rank, Review};
use crate::svg::figure;

/// How many plans a page shows whole, and how many it lists.
const SHOWN: (usize, usize) = (200, 2_000);

/// How many hosts with equal plans are named.
const NAMED: usize = 100;

/// How many errors, and how many warnings and notes are shown.
const SAID: usize = 100;

/// The most characters of the names of documents.
const CELL: usize = 160;

/// The most characters of a row in an alarm, and of an error, a warning or a note.
const LINE: (usize, usize) = (1_000, 6_000);

impl Bounds {
    /// Returns how much of the plans is kept for a review as a page.
    pub fn of_html() -> Self {
        Self { entry: 60_000, least: 10_000, rank: 2_000_000, pictures: SHOWN.0 }
    }
}

/// Renders a review; `made` says of what and when.
pub fn html(review: &Review, made: &Made) -> String {
    let entries = review.entries();
    let mut page = Page::new("vfctl plan", &review.in_short(), &made_by(made));
    page.part(&alarms(&entries, Rank::Disrupts, DISRUPTS));
    page.part(&alarms(&entries, Rank::Blocked, BLOCKED));
    page.part(&said(ERRORS, "alert", review.errors()));
    page.part(&table(&entries));
    page.part(&said(NOTES, "notes", review.notes()));
    page.part(&plans(&entries));
    page.end()
}

fn made_by(made: &Made) -> String {
    let Made { vfctl, time, specs } = made;
    let specs: Vec<&str> = specs.iter().map(|spec| spec.file.as_str()).collect();
    match specs.as_slice() {
        [] => format!("Made on {time} by vfctl {vfctl}"),
        specs => format!("From {} on {time} by vfctl {vfctl}", shortened(&specs.join(", "), 300)),
    }
}

/// Says what nobody is to miss of the plans of a rank, where there are such.
fn alarms(entries: &[Entry<'_>], rank: Rank, title_of_all: &str) -> String {
    let alarming = entries.iter().enumerate().filter(|(_, entry)| entry.rank() == rank);
    let mut items = String::new();
    let (mut count, mut hosts) = (0, 0);
    for (position, entry) in alarming {
        count += 1;
        if count > SHOWN.0 {
            hosts += entry.hosts();
            continue;
        }
        // A plan that is only listed has no place to go to.
        let _ = match position < SHOWN.0 {
            true => write!(items, "<li><a href=\"#plan-{position}\">{}</a>", title(entry)),
            false => write!(items, "<li>{}", title(entry)),
        };
        items.push_str("<ul>");
        let (rows, cut) = entry.alarms();
        for row in rows {
            let (class, _) = class(row.sort);
            let content = escaped(&shortened(&row.content, LINE.0));
            items.push_str(&element("li", &format!("class=\"{class}\""), &content));
        }
        if cut > 0 {
            let _ = write!(items, "<li>… and {cut} more; {}</li>", shows_all(entry));
        }
        items.push_str("</ul></li>\n");
    }
    if items.is_empty() {
        return String::new();
    }
    if count > SHOWN.0 {
        let _ = write!(items, "<li>… and {} more plans, of {hosts} hosts</li>", count - SHOWN.0);
    }
    let said = match rank {
        Rank::Disrupts => {
            "<p>These plans destroy VFs or disrupt their users: apply needs <code>--allow-disruption</code>.</p>"
        }
        Rank::Blocked => "<p>Errors block these plans: nothing will be changed.</p>",
        Rank::Changes | Rank::Held | Rank::Same | Rank::NotConcerned => "",
    };
    let inner = format!("{}{said}<ul>{items}</ul>", heading(2, title_of_all));
    element("section", "class=\"alert\"", &inner)
}

/// Says how all of a plan is seen.
fn shows_all(entry: &Entry<'_>) -> String {
    format!("the text of <code class=\"long\">{}</code> shows all", escaped(&entry.command()))
}

/// Returns what is said besides the plans, under its heading.
fn said(title: &str, class: &str, texts: &[String]) -> String {
    if texts.is_empty() {
        return String::new();
    }
    let shown = texts.iter().take(SAID).map(|text| escaped(&shortened(text, LINE.1)));
    let mut items: String = shown.map(|text| format!("<li><pre>{text}</pre></li>")).collect();
    if texts.len() > SAID {
        let _ = write!(items, "<li>… and {} more</li>", texts.len() - SAID);
    }
    let inner = format!("{}<ul class=\"said\">{items}</ul>", heading(2, title));
    element("section", &format!("class=\"{class}\""), &inner)
}

/// Returns the table of all plans.
fn table(entries: &[Entry<'_>]) -> String {
    let mut rows = String::new();
    for (position, entry) in entries.iter().enumerate().take(SHOWN.1) {
        let title = match position < SHOWN.0 {
            true => format!("<a href=\"#plan-{position}\">{}</a>", title(entry)),
            false => title(entry),
        };
        let (class, word) = standing(entry.rank());
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{title}</th><td><span class=\"chip {class}\">{word}</span></td><td>{}</td><td data-label=\"Documents\">{}</td></tr>",
            escaped(entry.in_one_line()),
            escaped(&shortened(entry.documents(), CELL)),
        );
    }
    if rows.is_empty() {
        return String::new();
    }
    let head = "<thead><tr><th scope=\"col\">Hosts</th><th scope=\"col\">State</th><th scope=\"col\">Plan</th>\
                <th scope=\"col\">Documents</th></tr></thead>";
    let caption = "<caption>Hosts with equal plans are one row</caption>";
    let more = left(entries, SHOWN.1);
    let inner = format!(
        "{}<div class=\"wide\"><table class=\"stack\">{caption}{head}<tbody>{rows}</tbody></table></div>{more}",
        heading(2, "At a glance")
    );
    element("section", "", &inner)
}

/// Returns the plans with their pictures.
fn plans(entries: &[Entry<'_>]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let shown = entries.iter().enumerate().take(SHOWN.0);
    let articles: String = shown.map(|(position, entry)| article(position, entry)).collect();
    let inner = format!("{}{articles}{}", heading(2, "Plans"), left(entries, SHOWN.0));
    element("section", "", &inner)
}

fn article(position: usize, entry: &Entry<'_>) -> String {
    let (class, word) = standing(entry.rank());
    let picture = entry.picture().map_or_else(String::new, |picture| {
        let caption = match entry.hosts() {
            1 => String::new(),
            count => element("figcaption", "", &escaped(&format!("{}, as one of {count}", picture.host))),
        };
        element("figure", "", &format!("{}{caption}", figure(picture, position + 1)))
    });
    let cut = match entry.cut().all() {
        0 => String::new(),
        rows => format!("<p>… and {rows} more rows; {}.</p>", shows_all(entry)),
    };
    let text = format!("{}{cut}{}", rows(entry.rows()), names(entry));
    let heading = format!("<h3>{} <span class=\"chip {class}\">{word}</span></h3>", title(entry));
    let summary = element("p", "class=\"sum\"", &escaped(entry.in_one_line()));
    let split = format!("<div class=\"split\">{picture}<div>{text}</div></div>");
    let attributes = format!("class=\"plan {class}\" id=\"plan-{position}\"");
    element("article", &attributes, &format!("{heading}{summary}{split}")) + "\n"
}

/// Returns the names of the first hosts of an entry, folded; nothing where the title names all.
fn names(entry: &Entry<'_>) -> String {
    let (names, more) = entry.named(NAMED);
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<String> = names.into_iter().map(|name| escaped(name.as_str())).collect();
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let all = names.join(", ");
    format!("<details class=\"names\"><summary>Their names</summary><p>{all}{more}</p></details>")
}

/// Returns what a plan says, in its words.
fn rows(rows: &[Row]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let items: String = rows.iter().map(row).collect();
    element("ul", "class=\"rows\"", &items)
}

fn row(row: &Row) -> String {
    let (class, word) = class(row.sort);
    // A reader of screens says what the mark means.
    let mark = row.sort.mark().map_or_else(String::new, |mark| match word {
        "" => format!("<b>{mark}</b> "),
        word => format!("<b aria-hidden=\"true\">{mark}</b><span class=\"vh\">{word}: </span> "),
    });
    let depth = row.depth.min(6);
    format!("<li class=\"{class} d{depth}\">{mark}{}</li>\n", escaped(&row.content))
}

/// Returns the class of a row of this sort, and what its mark means where that is no word.
fn class(sort: RowSort) -> (&'static str, &'static str) {
    match sort {
        RowSort::Lane => ("lane", ""),
        RowSort::Phase => ("phase", ""),
        RowSort::Created => ("new", "created"),
        RowSort::Changed => ("chg", "changed"),
        RowSort::Removed => ("gone", "removed"),
        RowSort::Disruption => ("bad", "warning"),
        RowSort::Command => ("cmd", "command"),
        RowSort::Error => ("bad", ""),
        RowSort::Held => ("held", ""),
        RowSort::Note => ("note", ""),
        RowSort::More | RowSort::Summary => ("more", ""),
    }
}

/// Says how many plans are left out.
fn left(entries: &[Entry<'_>], shown: usize) -> String {
    let rest = entries.get(shown..).unwrap_or_default();
    if rest.is_empty() {
        return String::new();
    }
    let hosts: usize = rest.iter().map(Entry::hosts).sum();
    format!("<p>… and {} more plans, of {hosts} hosts; <code>--limit</code> chooses hosts.</p>", rest.len())
}

/// Returns what an entry is called.
fn title(entry: &Entry<'_>) -> String {
    let (words, name) = entry.title();
    escaped(&format!("{words}{name}"))
}

/// Returns the class and the word for how a plan stands.
fn standing(rank: Rank) -> (&'static str, &'static str) {
    match rank {
        Rank::Disrupts => ("disrupts", "destroys or disrupts"),
        Rank::Blocked => ("blocked", "blocked"),
        Rank::Changes => ("changes", "changes"),
        Rank::Held => ("held", "held by others"),
        Rank::Same => ("same", "no changes"),
        Rank::NotConcerned => ("none", "not concerned"),
    }
}
