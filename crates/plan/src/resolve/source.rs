//! A document as planning takes it.

use vfctl_kinds::document::SriovConfig;
use vfctl_kinds::path::SpecPath;

/// A document and how its places are written.
pub struct Source<'a> {
    /// The document.
    pub config: &'a SriovConfig,
    /// Returns a place for people: `workers.yaml:14: spec.physicalFunctions[0].mtu`.
    pub place: &'a dyn Fn(&SpecPath) -> String,
}
