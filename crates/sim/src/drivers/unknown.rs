//! A driver that has no row of its own.

use vfctl_model::VfAttribute;

use super::row::{AttributeRow, DriverRules, Starts};

/// Takes what most drivers take; RSS queries are the rarest operation of all.
pub(crate) const UNKNOWN: DriverRules = DriverRules {
    name: "unknown",
    attributes: &[AttributeRow::missing(VfAttribute::QueryRss, Starts::NotReported)],
    ..DriverRules::COMMON
};
