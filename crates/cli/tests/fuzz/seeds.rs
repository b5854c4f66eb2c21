//! One seed after the other, for a while; the one that fails or hangs is named.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::case::Case;

/// For how many seconds seeds are tried until one was taken and one refused.
const MOST: u64 = 60;

/// How long one case may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What became of a damaged document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reception {
    /// It was taken.
    Taken,
    /// It was refused.
    Refused,
    /// There was none.
    None,
}

/// Calls `check` with one seed after the other, and names the one that fails or hangs.
pub(crate) fn for_seeds(check: impl Fn(&mut Rng, &Case) -> Reception) {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |value| value.parse().expect("a number"))
    };
    let (first, seconds) = (number("VFCTL_FUZZ_SEED", 0), number("VFCTL_FUZZ_SECONDS", 2));
    let cases = Case::all();
    assert!(cases.len() >= 10, "only {} examples are left", cases.len());
    let at = Arc::new(AtomicU64::new(first));
    watch(Arc::clone(&at));
    let began = Instant::now();
    let (mut taken, mut refused) = (0, 0);
    for seed in first.. {
        at.store(seed, Ordering::Relaxed);
        let mut rng = Rng::with_seed(seed);
        let case = &cases[rng.usize(..cases.len())];
        match catch_unwind(AssertUnwindSafe(|| check(&mut rng, case))) {
            Ok(reception) => {
                taken += u64::from(reception == Reception::Taken);
                refused += u64::from(reception == Reception::Refused);
            }
            Err(panic) => {
                eprintln!("VFCTL_FUZZ_SEED={seed}, from {}", case.spec());
                resume_unwind(panic);
            }
        }
        // On a machine with much else to do, the first seeds may all be refused.
        let least = if taken > 0 && refused > 0 { seconds } else { seconds.max(MOST) };
        if began.elapsed() > Duration::from_secs(least) {
            break;
        }
    }
    at.store(u64::MAX, Ordering::Relaxed);
    println!("{taken} documents taken, {refused} refused");
    assert!(taken > 0 && refused > 0, "{taken} documents taken, {refused} refused: nothing is tried");
}

/// Ends the program where one seed takes too long.
fn watch(at: Arc<AtomicU64>) {
    std::thread::spawn(move || {
        let mut last = u64::MAX;
        while at.load(Ordering::Relaxed) != u64::MAX {
            let now = at.load(Ordering::Relaxed);
            if now == last {
                eprintln!("VFCTL_FUZZ_SEED={now} hangs");
                std::process::abort();
            }
            last = now;
            std::thread::sleep(LIMIT);
        }
    });
}
