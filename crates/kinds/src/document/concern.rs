//! Whom a document concerns, and what differs by host.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::MacAddress;
use wildmatch::WildMatchPattern;

/// The values of one host: lists of MAC addresses by a name of the document's own.
pub type HostValues = BTreeMap<String, Vec<MacAddress>>;

/// The hosts that a document concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NodeSelector {
    /// Names of hosts; `*` stands for any text.
    #[schemars(length(min = 1), inner(regex(pattern = "^[^\\s/]+$")))]
    pub names: Vec<String>,
}

impl NodeSelector {
    /// Returns whether one of the names means this host.
    pub fn selects(&self, host: &str) -> bool {
        let Self { names } = self;
        names.iter().any(|pattern| is_match(pattern, host))
    }
}

/// Returns whether a text matches a pattern in which `*` stands for any text.
pub(super) fn is_match(pattern: &str, text: &str) -> bool {
    // The second parameter stands for any one character: NUL, so that `?` is a character like others.
    WildMatchPattern::<'*', '\0'>::new(pattern).matches(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_stands_for_any_text() {
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
            assert_eq!(is_match(pattern, text), matches, "{pattern} {text}");
        }
    }
}
