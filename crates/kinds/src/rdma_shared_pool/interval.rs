//! How often the plugin looks for devices: there is one plugin on a host, so that its documents must agree.

use crate::document::{PlacedDocument, SriovConfig, share_a_host};
use crate::path::{SpecPath, Violation, Violations};

/// Returns how often the plugin looks for devices on a host that these documents concern; `None` where none says.
pub(super) fn of_host(documents: &[PlacedDocument<'_>]) -> Option<u32> {
    documents.iter().find_map(|document| interval(document.config))
}

/// Checks that no two documents for one host say different intervals.
pub(super) fn check(documents: &[&SriovConfig], position: usize, violations: &mut Violations) {
    let Some(own) = documents.get(position).copied() else { return };
    let Some(wanted) = interval(own) else { return };
    let differs = |other: &&SriovConfig| {
        interval(other).is_some_and(|found| found != wanted) && share_a_host(&other.spec, &own.spec)
    };
    if let Some(other) = documents.iter().take(position).position(differs) {
        let path =
            SpecPath::spec().key("components").key("rdmaSharedDevicePlugin").key("periodicUpdateInterval");
        let message = "two documents for one host declare different intervals, and the plugin has one";
        let violation = Violation::new(path.clone(), message, "declare it in one document only");
        violations.add(violation.with(other, path, "the other interval"));
    }
}

fn interval(document: &SriovConfig) -> Option<u32> {
    document.spec.components.rdma_shared_device_plugin.as_ref()?.periodic_update_interval
}
