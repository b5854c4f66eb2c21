//! A driver that nobody wrote a row for.

use vfctl_model::VfAttribute;

use super::row::{AttributeRow, DriverRow, Starts};

/// Takes what most drivers take; RSS queries are the rarest operation of all.
pub(crate) const UNKNOWN: DriverRow = DriverRow {
    name: "unknown",
    attributes: &[AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported)],
    ..DriverRow::COMMON
};
