//! When the user asks to stop.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of ops after which the user asks to stop; never where none is set.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    ops_left: Mutex<Option<u32>>,
}

impl Interrupt {
    /// Makes the user ask to stop after so many more ops.
    pub(crate) fn after(&self, ops: u32) {
        *self.ops_left() = Some(ops);
    }

    /// Counts an op that is begun.
    pub(crate) fn count_one(&self) {
        if let Some(left) = self.ops_left().as_mut() {
            *left = left.saturating_sub(1);
        }
    }

    /// Returns whether the user has asked to stop.
    pub(crate) fn is_due(&self) -> bool {
        *self.ops_left() == Some(0)
    }

    fn ops_left(&self) -> MutexGuard<'_, Option<u32>> {
        // A panic elsewhere leaves a number that is still a number.
        self.ops_left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
