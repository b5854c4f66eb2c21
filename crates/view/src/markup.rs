//! Texts of others within HTML and SVG, which neither end where they stand nor mean anything.

use crate::harmless::harmless;

/// Returns a text for an element or an attribute in double quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    for c in harmless(text).chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            // XML has no such character (*Extensible Markup Language 1.0*, 2.2).
            '\u{fffe}' | '\u{ffff}' => shown.push('\u{fffd}'),
            c => shown.push(c),
        }
    }
    shown
}

/// Returns an element around markup.
pub(crate) fn element(name: &str, attributes: &str, inner: &str) -> String {
    let gap = if attributes.is_empty() { "" } else { " " };
    format!("<{name}{gap}{attributes}>{inner}</{name}>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_markup() {
        let name = "</title><script>alert(1)</script>\"'&amp;\u{202e}\u{0}\u{ffff}";
        let shown = escaped(name);
        assert!(!shown.contains(['<', '>', '"', '\'', '\u{202e}', '\u{0}', '\u{ffff}']), "{shown}");
        assert!(shown.contains("&lt;script&gt;") && shown.contains("&amp;amp;"), "{shown}");
    }
}
