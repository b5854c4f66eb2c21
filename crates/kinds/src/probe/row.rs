//! One row of what was compared.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// How what was found compares with what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Comparison {
    /// It is as expected.
    Same,
    /// It is not as expected.
    Different,
    /// It should be compared and could not be.
    NotCompared,
    /// Nothing is asked; it is shown.
    Shown,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Same => "ok",
            Self::Different => "DIFFERS",
            Self::NotCompared => "not compared",
            Self::Shown => "-",
        })
    }
}

/// One thing that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ProbeRow {
    /// On what, such as a pod and its network.
    pub subject: String,
    /// What of it.
    pub property: String,
    /// What the spec asks for; empty where it asks nothing.
    pub expected: String,
    /// What was found; empty where nothing could be looked at.
    pub found: String,
    /// How they compare.
    pub comparison: Comparison,
    /// Why it differs, or was not compared, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl ProbeRow {
    /// Returns the row of two texts that are to be the same.
    pub fn of(subject: &str, property: &str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        let (expected, found) = (expected.into(), found.into());
        let comparison = if expected == found { Comparison::Same } else { Comparison::Different };
        Self::judged(subject, property, expected, found, comparison)
    }

    /// Returns a row whose comparison is known.
    pub fn judged(
        subject: &str,
        property: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
        comparison: Comparison,
    ) -> Self {
        Self {
            subject: subject.to_owned(),
            property: property.to_owned(),
            expected: expected.into(),
            found: found.into(),
            comparison,
            why: None,
        }
    }

    /// Returns a row of what nothing is asked of.
    pub fn shown(subject: &str, property: &str, found: impl Into<String>) -> Self {
        Self::judged(subject, property, "", found, Comparison::Shown)
    }

    /// Returns a row of what could not be compared, with the reason.
    pub fn not_compared(
        subject: &str,
        property: &str,
        expected: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self::judged(subject, property, expected, "", Comparison::NotCompared).because(why)
    }

    /// Returns the row with a reason.
    #[must_use]
    pub fn because(self, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..self }
    }
}
