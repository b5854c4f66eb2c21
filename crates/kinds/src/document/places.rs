//! Where things stand in a document.

use super::spec::SriovConfig;
use crate::path::SpecPath;
use crate::pf::PfSpec;

/// Returns the path of `spec`.
pub(super) fn spec_path() -> SpecPath {
    SpecPath::default().key("spec")
}

/// Returns the entries of `physicalFunctions` with their paths.
pub(super) fn entries(document: &SriovConfig) -> impl Iterator<Item = (&PfSpec, SpecPath)> {
    let list = spec_path().key("physicalFunctions");
    document
        .spec
        .physical_functions
        .iter()
        .enumerate()
        .map(move |(position, entry)| (entry, list.index(position)))
}

/// Returns the path of a list among a host's values.
pub(super) fn host_path(host: &str, list: &str) -> SpecPath {
    spec_path().key("hosts").key(host).key(list)
}
