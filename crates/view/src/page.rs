//! The frame of a page: what it is about, how it looks, and that it loads nothing.

use crate::markup::{element, escaped};
use crate::svg;

/// How a page looks: on a phone, a screen, in the dark and on paper.
const STYLE: &str = include_str!("page.css");

/// A page while it grows.
pub(crate) struct Page {
    text: String,
}

impl Page {
    /// Begins a page with its name, what it says in short, and where it comes from.
    pub(crate) fn new(name: &str, in_short: &str, origin: &str) -> Self {
        let (title, in_short, origin) = (escaped(name), escaped(in_short), escaped(origin));
        let text = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
             <title>{title}: {in_short}</title>\n<link rel=\"icon\" href=\"data:,\">\n\
             <style>\n{STYLE}{}</style>\n</head>\n<body>\n\
             <header><h1>{title}</h1><p class=\"lead\">{in_short}</p><p class=\"origin\">{origin}</p></header>\n<main>\n",
            svg::STYLE
        );
        Self { text }
    }

    /// Adds a part, as markup.
    pub(crate) fn part(&mut self, markup: &str) {
        if !markup.is_empty() {
            self.text.push_str(markup);
            self.text.push('\n');
        }
    }

    /// Returns the whole page.
    pub(crate) fn end(self) -> String {
        self.text + "</main>\n</body>\n</html>\n"
    }
}

/// Returns a heading.
pub(crate) fn heading(level: usize, content: &str) -> String {
    element(&format!("h{level}"), "", &escaped(content))
}
