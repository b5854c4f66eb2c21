//! What `discover` says, as one HTML page: each host with its picture and its tables.

use crate::host::{Cells, HostView, PortView};
use crate::markup::{element, escaped};
use crate::page::{Page, heading};
use crate::picture::Picture;
use crate::svg::figure;

/// Renders hosts as a page; `origin` says by what it was made and when.
pub fn discovered(hosts: &[(HostView, Picture)], origin: &str) -> String {
    let in_short = match hosts.len() {
        1 => "1 host".to_owned(),
        count => format!("{count} hosts"),
    };
    let mut page = Page::new("vfctl discover", &in_short, origin);
    for (number, (view, picture)) in hosts.iter().enumerate() {
        page.part(&host(number + 1, view, picture));
    }
    page.end()
}

fn host(number: usize, view: &HostView, picture: &Picture) -> String {
    let HostView { heading: title, obstacles, notes, ports, details } = view;
    let said = obstacles.iter().map(|obstacle| remark("bad", "!", obstacle));
    let said: String = said.chain(notes.iter().map(|note| remark("note", "note:", note))).collect();
    let said = if said.is_empty() { said } else { element("ul", "class=\"rows\"", &said) };
    let ports = match ports.is_empty() {
        true => element("p", "", "No port of this host can have VFs."),
        false => table("Ports", ports),
    };
    let figure = element("figure", "", &figure(picture, number));
    let details: String = details.iter().map(port).collect();
    let split = format!("<div class=\"split\">{figure}<div>{said}{ports}</div></div>");
    element("section", "class=\"host\"", &format!("{}{split}{details}", heading(2, title))) + "\n"
}

fn port(PortView { title, obstacles, vfs, more }: &PortView) -> String {
    let said: String = obstacles.iter().map(|obstacle| remark("bad", "!", obstacle)).collect();
    let said = if said.is_empty() { said } else { element("ul", "class=\"rows\"", &said) };
    let vfs = if vfs.is_empty() { String::new() } else { table(&format!("VFs of {title}"), vfs) };
    let more = if *more > 0 {
        format!("<p>… and {more} more; <code>-o json</code> shows all.</p>")
    } else {
        String::new()
    };
    format!("{}{said}{vfs}{more}", heading(3, title))
}

fn remark(class: &str, mark: &str, content: &str) -> String {
    element("li", &format!("class=\"{class}\""), &format!("<b>{mark}</b> {}", escaped(content)))
}

/// Returns a table that scrolls by itself where it is wider than the page.
fn table(caption: &str, cells: &Cells) -> String {
    let Some((headings, rows)) = cells.split_first() else { return String::new() };
    let head: String = headings.iter().map(|cell| element("th", "scope=\"col\"", &escaped(cell))).collect();
    let row = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| match column {
            0 => element("th", "scope=\"row\"", &escaped(cell)),
            _ => element("td", "", &escaped(cell)),
        });
        element("tr", "", &cells.collect::<String>()) + "\n"
    };
    let body: String = rows.iter().map(row).collect();
    let caption = escaped(caption);
    format!(
        "<div class=\"wide\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\"><table class=\"vfs\"><caption>{caption}</caption>\
         <thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
}
