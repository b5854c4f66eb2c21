//! Tells whether two threads are at the same place at the same time.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// A place where each who comes waits for another, for a while.
pub(crate) struct Meeting {
    present: Mutex<Present>,
    changed: Condvar,
    patience: Duration,
}

#[derive(Default)]
struct Present {
    now: usize,
    most: usize,
}

impl Meeting {
    /// Returns a place where this long is waited in real time.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { present: Mutex::default(), changed: Condvar::new(), patience }
    }

    /// Comes, waits until two have been there at once or patience ends, and goes.
    pub(crate) fn attend(&self) {
        let mut present = self.present.lock().expect("no panic");
        present.now += 1;
        present.most = present.most.max(present.now);
        self.changed.notify_all();
        let alone = |present: &mut Present| present.most < 2;
        let (mut present, _) =
            self.changed.wait_timeout_while(present, self.patience, alone).expect("no panic");
        present.now -= 1;
    }

    /// Returns how many were there at once, at most.
    pub(crate) fn most(&self) -> usize {
        self.present.lock().expect("no panic").most
    }
}
