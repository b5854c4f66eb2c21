//! Whom a document concerns, and what differs by host.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::MacAddress;

/// The values of one host: lists of MAC addresses by a name of the document's own.
pub type HostValues = BTreeMap<String, Vec<MacAddress>>;

/// The hosts that a document concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NodeSelector {
    /// Names of hosts; `*` stands for any text.
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
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or("");
    for part in parts {
        match text.split_once(part) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(tail)
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
        ] {
            assert_eq!(is_match(pattern, text), matches, "{pattern} {text}");
        }
    }
}
