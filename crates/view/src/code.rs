//! Texts of others within Markdown, which neither end where they stand nor mean anything.

use std::fmt::Write;

use crate::harmless::harmless;

/// Returns a text in one line as code: what could mean something to Markdown or HTML is a numeric character reference, which
/// is never taken for markup (CommonMark, *Entity and numeric character references*).
pub(crate) fn code(text: &str) -> String {
    let mut shown = String::from("<code>");
    let mut before = ' ';
    for c in harmless(text).chars() {
        // `www.` begins a link even without a scheme (GitHub Flavored Markdown, *Autolinks*).
        let begins_link = c == '.' && matches!(before, 'w' | 'W');
        before = c;
        match c {
            '\n' | '\t' => shown.push(' '),
            _ if begins_link => shown.push_str("&#46;"),
            c if c.is_alphanumeric()
                || matches!(c, ' ' | '.' | ',' | ';' | '/' | '-' | '=' | '%' | '(' | ')') =>
            {
                shown.push(c);
            }
            c => {
                let _ = write!(shown, "&#{};", u32::from(c));
            }
        }
    }
    shown + "</code>"
}

/// Returns a text as a block of code, coloured as a difference. The fence is longer than any run of backticks in it.
pub(crate) fn fenced(text: &str) -> String {
    let text = harmless(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}diff\n{text}\n{fence}\n")
}

/// Returns a text, as it is shown, of at most so many characters; one that is cut ends with `…`.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    // What is written out is longer than it was.
    let text = harmless(text);
    if text.chars().count() <= most {
        return text.into_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_markup() {
        let name = "<img src=x onerror=a()>|`@all` [a](b)\n# *x* _y_\u{202e}";
        let shown = code(name);
        let inner = shown.strip_prefix("<code>").and_then(|rest| rest.strip_suffix("</code>")).expect("code");
        assert!(!inner.contains(['<', '>', '|', '`', '@', '[', ']', '*', '_', '\n', '\u{202e}']), "{inner}");
        assert!(inner.contains("&#60;img src=x") && inner.contains("&#92;u&#123;202e&#125;"), "{inner}");
        // References keep their own signs, and nothing else has them.
        let rest: String =
            inner.split("&#").map(|part| part.split_once(';').map_or(part, |(_, r)| r)).collect();
        assert!(!rest.contains(['&', '#']), "{rest}");
        assert_eq!(code("www.a"), "<code>www&#46;a</code>");
        assert_eq!(code("worker-1"), "<code>worker-1</code>");
    }

    #[test]
    fn a_fence_outlasts_the_backticks_within() {
        assert_eq!(fenced("a"), "```diff\na\n```\n");
        assert_eq!(fenced("x\n````\n</details>"), "`````diff\nx\n````\n</details>\n`````\n");
    }

    #[test]
    fn a_text_is_cut_by_characters() {
        assert_eq!((shortened("äöü", 3), shortened("äöüß", 3)), ("äöü".to_owned(), "äö…".to_owned()));
        assert_eq!(shortened(&"\u{7}".repeat(9), 8), "\\u{7}\\u…", "what is written out counts");
    }
}
