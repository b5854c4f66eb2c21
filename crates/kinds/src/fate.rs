//! What becomes of each VF of a PF, found out once and asked by every kind.

use vfctl_model::DriverName;

use crate::step::Reason;

/// Whether a VF is there before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// It stays.
    Kept,
    /// It stays, and is left alone: its interface is in another network namespace.
    LeftAlone,
    /// It is made anew.
    New,
}

/// What becomes of a VF's driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DriverFate {
    /// It stays, or the kernel alone decides.
    Keep,
    /// The VF leaves its driver for none.
    Unbind,
    /// The VF goes to this driver.
    Bind {
        /// The driver.
        driver: DriverName,
        /// Why.
        reason: Reason,
    },
    /// The VF goes to whichever driver the kernel chooses.
    Probe {
        /// Why.
        reason: Reason,
    },
}

/// What becomes of a VF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VfFate {
    /// Whether it is there before and after.
    pub(crate) life: Life,
    /// What becomes of its driver.
    pub(crate) driver: DriverFate,
    /// Whether one that is made anew, or meets a driver anew, has one in the end.
    pub(crate) gets_driver: bool,
}

impl VfFate {
    /// Returns whether it leaves the driver that it has.
    pub(crate) fn leaves_driver(&self) -> bool {
        self.driver != DriverFate::Keep
    }

    /// Returns whether it meets a driver anew, so that its interface starts afresh.
    pub(crate) fn meets_driver(&self) -> bool {
        matches!(self.driver, DriverFate::Bind { .. } | DriverFate::Probe { .. })
    }
}
