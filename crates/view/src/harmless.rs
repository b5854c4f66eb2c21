//! Texts of other people, such as names of processes and interfaces: shown, and never obeyed.

use std::borrow::Cow;

/// Returns the text with what a terminal or browser would obey written out, such as `\u{1b}` for an escape: control characters
/// but line feed and tab (ECMA-48), and those that turn the direction of text (Unicode Standard Annex 9).
pub fn harmless(text: &str) -> Cow<'_, str> {
    let is_obeyed = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_obeyed(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        let text = "a\tb\nname: \u{1b}[2J\u{202e}x\r\u{9b}1m é\n";
        assert_eq!(harmless(text), "a\tb\nname: \\u{1b}[2J\\u{202e}x\\u{d}\\u{9b}1m é\n");
        assert!(matches!(harmless("a\tb\n"), Cow::Borrowed(_)));
    }
}
