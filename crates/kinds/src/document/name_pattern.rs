//! A pattern for names, in which `*` stands for any text.

use std::fmt;

use wildmatch::WildMatchPattern;

/// A pattern for names: `*` stands for any text, every other character for itself.
#[derive(Debug, Clone)]
pub struct NamePattern {
    text: String,
    // The second parameter stands for any one character: NUL, so that `?` is a character like others.
    compiled: WildMatchPattern<'*', '\0'>,
}

impl NamePattern {
    /// Returns the pattern that is written so; every text is one.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), compiled: WildMatchPattern::new(text) }
    }

    /// Returns whether a name matches it.
    pub fn matches(&self, name: &str) -> bool {
        self.compiled.matches(name)
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_stands_for_any_text_and_nothing_else_does() {
        for (pattern, text, matches) in [
            ("worker-*", "worker-1", true),
            ("worker-*", "worker-", true),
            ("worker-*", "master-1", false),
            ("*", "x", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
            ("exact", "exactly", false),
            ("*", "node-1.example.org", true),
            ("node-?", "node-1", false),
            ("node-[1]", "node-1", false),
            ("{a,b}", "a", false),
            ("!a", "b", false),
        ] {
            assert_eq!(NamePattern::new(pattern).matches(text), matches, "{pattern} {text}");
        }
    }
}
