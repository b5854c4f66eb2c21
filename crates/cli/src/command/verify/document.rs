//! What `verify -o json` prints.

use schemars::JsonSchema;
use serde::Serialize;
use vfctl_kinds::probe::{Comparison, ProbeRow};

use crate::exit::Exit;

/// What `verify` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Verification", deny_unknown_fields)]
pub(in crate::command) struct Verification {
    /// The version of this document's format.
    pub(super) format: VerificationFormat,
    /// How it ended; it follows from the rest.
    pub(super) result: VerificationResult,
    /// How much was compared.
    pub(super) figures: Figures,
    /// Everything that was compared, or should have been.
    pub(super) rows: Vec<ProbeRow>,
    /// The pods that were started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(super) pods: Vec<ProbedPod>,
    /// What an earlier run had left, and was removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(super) removed: Vec<String>,
    /// What this run could not remove, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(super) left_behind: Vec<String>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(super) notes: Vec<String>,
}

/// The versions of the format.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) enum VerificationFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/verification/v1")]
    V1,
}

/// How a verification ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum VerificationResult {
    /// Everything was compared, and is as asked.
    Verified,
    /// Something is not as asked.
    Differs,
    /// Nothing differs, and something could not be compared or removed.
    Incomplete,
    /// The user stopped it.
    Interrupted,
}

/// How much was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub(super) struct Figures {
    /// How many rows are as asked.
    pub(super) same: usize,
    /// How many differ.
    pub(super) different: usize,
    /// How many could not be compared.
    pub(super) not_compared: usize,
    /// How long it took in milliseconds.
    pub(super) milliseconds: u64,
}

/// A pod that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub(super) struct ProbedPod {
    /// Its name with its namespace.
    pub(super) pod: String,
    /// Its networks.
    pub(super) networks: String,
    /// The node that it was on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) node: Option<String>,
    /// How long it took until it had looked, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ready_after_milliseconds: Option<u64>,
    /// Why it never did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trouble: Option<String>,
}

impl Verification {
    /// Returns one in which nothing was compared yet.
    pub(super) fn new() -> Self {
        Self {
            format: VerificationFormat::V1,
            result: VerificationResult::Incomplete,
            figures: Figures::default(),
            rows: Vec::new(),
            pods: Vec::new(),
            removed: Vec::new(),
            left_behind: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Counts, and says how it ended.
    pub(super) fn conclude(&mut self, is_interrupted: bool, milliseconds: u64) {
        let count = |wanted| self.rows.iter().filter(|row| row.comparison == wanted).count();
        self.figures = Figures {
            same: count(Comparison::Same),
            different: count(Comparison::Different),
            not_compared: count(Comparison::NotCompared),
            milliseconds,
        };
        let is_whole = self.figures.not_compared == 0 && self.figures.same > 0 && self.left_behind.is_empty();
        self.result = match (is_interrupted, self.figures.different, is_whole) {
            (true, _, _) => VerificationResult::Interrupted,
            (false, 0, true) => VerificationResult::Verified,
            (false, 0, false) => VerificationResult::Incomplete,
            (false, _, _) => VerificationResult::Differs,
        };
    }

    /// Returns how the command ends.
    pub(super) fn exit(&self) -> Exit {
        match self.result {
            VerificationResult::Verified => Exit::Done,
            VerificationResult::Differs | VerificationResult::Incomplete => Exit::Failed,
            VerificationResult::Interrupted => Exit::Interrupted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_compared_and_is_right_is_verified() {
        let (same, differs) = (ProbeRow::of("s", "p", "1", "1"), ProbeRow::of("s", "p", "1", "2"));
        let unknown = ProbeRow::not_compared("s", "p", "1", "why");
        let result = |rows: &[&ProbeRow], is_interrupted| {
            let mut report = Verification::new();
            report.rows = rows.iter().map(|row| (*row).clone()).collect();
            report.conclude(is_interrupted, 1);
            (report.result, report.exit())
        };
        assert_eq!(result(&[&same], false), (VerificationResult::Verified, Exit::Done));
        assert_eq!(result(&[], false), (VerificationResult::Incomplete, Exit::Failed));
        assert_eq!(result(&[&same, &unknown], false), (VerificationResult::Incomplete, Exit::Failed));
        assert_eq!(result(&[&same, &differs], false), (VerificationResult::Differs, Exit::Failed));
        assert_eq!(result(&[&differs], true), (VerificationResult::Interrupted, Exit::Interrupted));
    }
}
