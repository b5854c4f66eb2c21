//! How long things may take on this machine as busy as it is now.
//!
//! Only what fails takes longer by it: everything that has a limit here is looked at again and again until it is there.

use std::fs;
use std::thread;
use std::time::Duration;

/// The most that a limit is stretched.
const MOST: f64 = 4.0;

/// Returns the limit that stands for `limit`, which is meant for a machine that does nothing else.
///
/// It is `limit` times what each processor has to run, at least once and at most four times. A machine that does not say
/// how busy it is counts as idle.
pub fn stretched(limit: Duration) -> Duration {
    let said = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let processors = thread::available_parallelism().map_or(1, usize::from);
    limit.mul_f64(factor(&said, processors))
}

/// `said` is `/proc/loadavg`: the mean number of tasks that ran or wanted to in the last minute, and more.
fn factor(said: &str, processors: usize) -> f64 {
    let tasks: f64 = said
        .split_whitespace()
        .next()
        .and_then(|word| word.parse().ok())
        .filter(|load| *load >= 0.0)
        .unwrap_or(0.0);
    let processors = u32::try_from(processors).unwrap_or(u32::MAX).max(1);
    (tasks / f64::from(processors)).clamp(1.0, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_machine_has_more_time_and_an_idle_one_not_less() {
        let factors = ["0.00 0.01 0.05 1/80 9", "2.00 0 0", "5.00 0 0", "900.1 0 0", "nan", ""];
        assert_eq!(factors.map(|said| factor(said, 2)), [1.0, 1.0, 2.5, 4.0, 1.0, 1.0]);
    }
}
