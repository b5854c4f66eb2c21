//! Tells on standard error what apply is doing.

use std::io::Write;
use std::sync::Mutex;

use vfctl_apply::Progress;
use vfctl_port::Phase;

/// Writes a line for each phase.
pub(crate) struct Lines<'a>(pub(crate) Mutex<&'a mut (dyn Write + Send)>);

impl Progress for Lines<'_> {
    fn phase(&self, lane: &str, phase: Phase, ops: usize) {
        let told = self.0.lock().map(|mut stream| {
            writeln!(stream, "{lane}: {phase} ({ops} change{})", if ops == 1 { "" } else { "s" })
        });
        if !matches!(told, Ok(Ok(()))) {
            tracing::debug!("standard error is closed");
        }
    }
}
