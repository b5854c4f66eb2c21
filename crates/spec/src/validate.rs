//! Specs and the documents of other tools, checked together without any host.

use vfctl_model::DevicePluginVersion;

use crate::diagnostic::Diagnostic;
use crate::foreign::{Checked, Linter};
use crate::load::{Loaded, read_all};
use crate::source::Source;

/// What was checked, and what was found.
#[derive(Debug, Clone)]
pub struct Validation {
    /// How many specs keep every rule.
    pub specs: usize,
    /// Which documents of other tools were checked.
    pub checked: Checked,
    /// Every mistake, in order of place.
    pub mistakes: Vec<Diagnostic>,
    /// What is no mistake, in order of place.
    pub warnings: Vec<Diagnostic>,
}

/// Checks the documents of all sources together: specs, and those of other tools that pods get their VFs by, by the rules of
/// this version of the SR-IOV device plugin.
pub fn validate(sources: &[Source], host_values: &[Source], plugin: DevicePluginVersion) -> Validation {
    let Loaded { documents, faults, warnings, checked } =
        read_all(sources, host_values, Some(Linter::new(plugin)));
    Validation { specs: documents.len(), checked, mistakes: faults, warnings }
}
