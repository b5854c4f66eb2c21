//! What planning has to say besides steps: notes, and problems that block a lane.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::path::Origin;

/// One thing to tell the user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Finding {
    /// The place in the spec concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What it is, with the VFs concerned.
    pub message: String,
    /// More on it, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// The findings on one PF, or on a host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Findings {
    /// What blocks: nothing is written where there is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Finding>,
    /// What differs from the spec and is left alone, since somebody else holds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Finding>,
    /// What is good to know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Finding>,
}

impl Findings {
    /// Returns whether something blocks.
    pub fn block(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Returns whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty() && self.held.is_empty() && self.notes.is_empty()
    }

    /// Adds all of another's.
    pub fn append(&mut self, other: Self) {
        let Self { problems, held, notes } = other;
        self.problems.extend(problems);
        self.held.extend(held);
        self.notes.extend(notes);
    }

    /// Adds a problem.
    pub fn problem(&mut self, origin: Option<&Origin>, message: impl Into<String>, help: impl Into<String>) {
        let origin = origin.cloned();
        self.problems.push(Finding {
            origin,
            message: message.into(),
            details: Vec::new(),
            help: Some(help.into()),
        });
    }

    /// Adds a note.
    pub fn note(&mut self, origin: Option<&Origin>, message: impl Into<String>) {
        let origin = origin.cloned();
        self.notes.push(Finding { origin, message: message.into(), details: Vec::new(), help: None });
    }
}
