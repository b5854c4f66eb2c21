//! Fields of the spec's design that this version does not build: refused as such and not as unknown.

use vfctl_kinds::path::{Segment, SpecPath};

/// The maps, by their keys from the document's top (list entries left out), and the fields in them.
const NOT_BUILT: &[(&[&str], &str)] =
    &[(&["spec", "components", "devicePlugin"], "external"), (&["spec", "system"], "iommu")];

/// Returns whether the map at `path` has such a field in the design but not in this version.
pub(crate) fn is_not_built(path: &SpecPath, field: &str) -> bool {
    let SpecPath(segments) = path;
    let keys: Vec<&str> = segments
        .iter()
        .filter_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        })
        .collect();
    NOT_BUILT.iter().any(|(map, name)| *map == keys && *name == field)
}
