//! Takes the lock of the state folder, and waits for it where that is asked for.
//!
//! No signal is asked for meanwhile, so that one ends the program as it does before anything was begun.

use std::path::Path;
use std::time::Duration;

use vfctl_port::Clock;
use vfctl_state::{Lock, StateError};

use crate::error::CliError;
use crate::machine::Console;

/// How often the lock is tried again.
const AGAIN: Duration = Duration::from_millis(200);

/// Returns the lock; names each process that holds it meanwhile, once.
///
/// # Errors
/// Where somebody else still has it after this time, or it cannot be used.
pub(super) fn acquire(
    folder: &Path,
    wait: Duration,
    clock: &dyn Clock,
    console: &mut Console<'_>,
) -> Result<Lock, CliError> {
    let end = clock.now() + wait;
    let mut named = None;
    loop {
        let error = match Lock::acquire(folder) {
            Ok(lock) => return Ok(lock),
            Err(error) => error,
        };
        let left = end.saturating_sub(clock.now());
        let StateError::Held { path, holder } = &error else { return Err(CliError::State(error)) };
        if left.is_zero() {
            return Err(CliError::State(error));
        }
        if named.as_ref() != Some(holder) {
            let seconds = left.as_secs_f64().ceil();
            console
                .say(&format!("waiting for the lock `{}`, at most {seconds} s: {holder}\n", path.display()));
            named = Some(holder.clone());
        }
        clock.sleep(AGAIN.min(left));
    }
}
