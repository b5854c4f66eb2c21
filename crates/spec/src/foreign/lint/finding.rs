//! What is found, and what the linter keeps while it goes through the documents of all files.

use std::collections::BTreeSet;

use vfctl_model::DevicePluginVersion;

use super::checked::Checked;
use super::row::{Lint, Severity};
use crate::diagnostic::Fault;
use crate::yaml::Span;

/// One finding.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// What was found.
    pub(crate) lint: Lint,
    /// Where, and what to do about it.
    pub(crate) fault: Fault,
}

/// The linter: by whose rules, and what was found.
#[derive(Debug)]
pub(crate) struct Linter {
    /// The version of the SR-IOV device plugin.
    pub(super) plugin: DevicePluginVersion,
    /// What was found, in the order of looking.
    pub(super) findings: Vec<Finding>,
    /// What is wrong with embedded documents as such.
    pub(super) faults: Vec<Fault>,
    /// What was looked at.
    pub(super) checked: Checked,
    /// The texts within texts that were read: what an alias repeats is read once.
    pub(super) texts_read: BTreeSet<Span>,
    /// The first default route of a network.
    pub(super) default_route: Option<Span>,
}

impl Linter {
    /// Returns a linter by the rules of this version of the SR-IOV device plugin.
    pub(crate) fn new(plugin: DevicePluginVersion) -> Self {
        Self {
            plugin,
            findings: Vec::new(),
            faults: Vec::new(),
            checked: Checked::default(),
            texts_read: BTreeSet::new(),
            default_route: None,
        }
    }

    /// Keeps a finding.
    pub(super) fn say(
        &mut self,
        lint: Lint,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.findings.push(Finding { lint, fault: Fault::new(span, message, help) });
    }

    /// Keeps a finding that has to do with another place.
    pub(super) fn say_with(
        &mut self,
        lint: Lint,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
        related: (Span, &str),
    ) {
        let (other, said) = related;
        let fault = Fault { related: vec![(other, said.to_owned())], ..Fault::new(span, message, help) };
        self.findings.push(Finding { lint, fault });
    }

    /// Returns the mistakes, the warnings, and what was looked at.
    pub(crate) fn into_faults(self) -> (Vec<Fault>, Vec<Fault>, Checked) {
        let Self { findings, faults: mut mistakes, checked, .. } = self;
        let (wrong, warned): (Vec<Finding>, Vec<Finding>) =
            findings.into_iter().partition(|finding| finding.lint.severity() == Severity::Mistake);
        mistakes.extend(wrong.into_iter().map(|finding| finding.fault));
        (mistakes, warned.into_iter().map(|finding| finding.fault).collect(), checked)
    }
}
