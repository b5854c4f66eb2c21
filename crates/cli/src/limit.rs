//! Which hosts of the facts are planned for: `--limit`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use vfctl_kinds::document::NamePattern;
use vfctl_model::HostName;

/// The name of a host, in which `*` stands for any text.
#[derive(Debug, Clone)]
pub struct HostPattern(NamePattern);

impl HostPattern {
    /// Returns whether it is the host's name.
    fn matches(&self, host: &HostName) -> bool {
        self.0.matches(host.as_str())
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is no pattern.
#[derive(Debug, thiserror::Error)]
pub enum NotAPattern {
    /// It is empty.
    #[error("a name is missing; write names of hosts with commas between, such as `worker-1,edge-*`")]
    Empty,
    /// It has a sign of Ansible's patterns that is not known here.
    #[error("`{0}` has no meaning here; write names of hosts with commas between, such as `worker-1,edge-*`")]
    Sign(char),
}

impl FromStr for HostPattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        let text = text.trim();
        // What Ansible's `--limit` takes besides: exclusion, intersection, regular expressions and files.
        match text.chars().next() {
            None => Err(NotAPattern::Empty),
            Some(sign @ ('!' | '&' | '~' | '@')) => Err(NotAPattern::Sign(sign)),
            Some(_) if text.contains(':') => Err(NotAPattern::Sign(':')),
            Some(_) => Ok(Self(NamePattern::new(text))),
        }
    }
}

/// The hosts that are planned for; without patterns all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limit {
    patterns: Vec<HostPattern>,
}

impl Limit {
    /// Returns the hosts of these patterns.
    pub(crate) fn to(patterns: &[HostPattern]) -> Self {
        Self { patterns: patterns.to_vec() }
    }

    /// Returns whether a host is planned for.
    pub(crate) fn allows(&self, host: &HostName) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.matches(host))
    }

    /// Returns the patterns that are the name of none of these hosts, each once.
    pub(crate) fn unmatched<'a>(
        &'a self,
        hosts: impl Iterator<Item = &'a HostName> + Clone,
    ) -> BTreeSet<String> {
        let is_unmatched = |pattern: &&HostPattern| !hosts.clone().any(|host| pattern.matches(host));
        self.patterns.iter().filter(is_unmatched).map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_patterns_allow_hosts_and_what_names_none_is_found() {
        let patterns = ["worker-1", "rack?", "edge-*", "none", " b ", "rack?"]
            .map(|text| text.parse().expect("a pattern"));
        let limit = Limit::to(&patterns);
        let hosts = ["worker-1", "worker-12", "edge-", "edge-a.b", "rackx", "b"];
        let hosts: Vec<HostName> = hosts.iter().map(|name| name.parse().expect("a name")).collect();
        let allowed: Vec<&str> =
            hosts.iter().filter(|host| limit.allows(host)).map(HostName::as_str).collect();
        assert_eq!(allowed, ["worker-1", "edge-", "edge-a.b", "b"]);
        let unmatched = limit.unmatched(hosts.iter());
        assert_eq!(unmatched.into_iter().collect::<Vec<_>>(), ["none", "rack?"]);
        assert!(hosts.iter().all(|host| Limit::default().allows(host)));
    }

    #[test]
    fn signs_of_ansible_that_mean_nothing_here_are_refused() {
        for text in ["", " ", "!a", "a:b", "&a", "~a.*", "@hosts.txt"] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }
}
