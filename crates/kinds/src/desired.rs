//! Values that a spec asks for, with the place that does.

use crate::path::Origin;

/// A value and the place that asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<T> {
    /// The value.
    pub value: T,
    /// The place.
    pub origin: Origin,
}
