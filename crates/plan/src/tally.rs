//! How many hosts stand how, for the last line of a plan for several.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scope_plan::{ScopePlan, Summary};

/// How a scope stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// Something blocks its plan.
    Blocked,
    /// There are changes.
    Changes,
    /// What differs is held by others.
    Held,
    /// It is as the documents ask.
    Same,
    /// No document concerns it.
    NotConcerned,
}

impl ScopePlan {
    /// Returns how the scope stands.
    pub fn standing(&self) -> Standing {
        match (self.is_blocked(), self.is_empty(), self.documents.is_empty()) {
            (true, _, _) => Standing::Blocked,
            (false, false, _) => Standing::Changes,
            (false, true, false) if self.held().next().is_some() => Standing::Held,
            (false, true, false) => Standing::Same,
            (false, true, true) => Standing::NotConcerned,
        }
    }
}

/// How many hosts stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Tally {
    /// An error blocks the plan.
    blocked: usize,
    /// There are changes.
    changes: usize,
    /// What differs is held by others, and there is nothing else to do.
    held: usize,
    /// There is nothing to do.
    same: usize,
    /// No document concerns the host.
    not_concerned: usize,
    /// There is no plan for the host, such as one whose facts cannot be read.
    errors: usize,
    /// Apply needs `--allow-disruption` there.
    need_consent: usize,
}

impl Tally {
    /// Counts a host.
    pub fn count(&mut self, summary: &Summary) {
        self.need_consent += usize::from(summary.needs_consent);
        *match summary.standing {
            Standing::Blocked => &mut self.blocked,
            Standing::Changes => &mut self.changes,
            Standing::Held => &mut self.held,
            Standing::Same => &mut self.same,
            Standing::NotConcerned => &mut self.not_concerned,
        } += 1;
    }

    /// Counts a host that there is no plan for, such as one whose facts cannot be read.
    pub fn count_error(&mut self) {
        self.errors += 1;
    }

    /// Returns the number of all hosts.
    pub fn hosts(&self) -> usize {
        self.planned() + self.errors
    }

    /// Returns the number of hosts that there is a plan for.
    pub fn planned(&self) -> usize {
        let Self { blocked, changes, held, same, not_concerned, errors: _, need_consent: _ } = self;
        blocked + changes + held + same + not_concerned
    }

    /// Returns whether an error blocks the plan of a host.
    pub fn has_blocked(&self) -> bool {
        self.blocked > 0
    }

    /// Returns whether apply needs the user's consent on a host.
    pub fn needs_consent(&self) -> bool {
        self.need_consent > 0
    }

    /// Returns whether a host is blocked or has no plan.
    pub fn has_errors(&self) -> bool {
        self.blocked + self.errors > 0
    }

    /// Returns whether something on a host differs that others hold.
    pub fn has_held(&self) -> bool {
        self.held > 0
    }

    /// Returns whether there are several hosts and none of them is concerned: a name is misspelt, most likely.
    pub fn concerns_nobody(&self) -> bool {
        self.hosts() > 1 && self.not_concerned == self.hosts()
    }

    /// Returns whether there is something to do on a host.
    pub fn has_changes(&self) -> bool {
        self.changes > 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { blocked, changes, held, same, not_concerned, errors, need_consent: _ } = *self;
        let parts = [
            (blocked, "blocked"),
            (changes, "with changes"),
            (held, "held by others"),
            (same, "without changes"),
            (not_concerned, "not concerned"),
            (errors, "with errors"),
        ];
        let shown =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let shown = shown.collect::<Vec<_>>().join(", ");
        let colon = if shown.is_empty() { "" } else { ": " };
        write!(f, "{}{colon}{shown}.", counted(self.hosts(), "host"))
    }
}

/// Returns a count with its noun.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
