//! How long a driver is asked again that has no time now.

use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use vfctl_port::Outcome;

/// How often something is tried that the driver has no time for (i40e: EAGAIN while a VF is reset; ice and bnxt_en: EBUSY
/// for a count while they recover).
pub(super) const TRIES: u32 = 10;
/// How long to wait between.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// Returns whether the driver has no time now.
pub(super) fn is_busy(errno: Errno) -> bool {
    matches!(errno, Errno::EAGAIN | Errno::EBUSY)
}

/// Does it, and again while the driver has no time and the user has not asked to stop.
pub(super) fn patiently(stop: &dyn Fn() -> bool, mut attempt: impl FnMut() -> Outcome) -> Outcome {
    for _ in 1..TRIES {
        match attempt() {
            Outcome::Refused(error) if error.errno.is_some_and(|number| is_busy(Errno::from_raw(number))) => {
                thread::sleep(PAUSE);
                if stop() {
                    return Outcome::Refused(error);
                }
            }
            outcome => return outcome,
        }
    }
    attempt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errno::refusal;

    fn tried(busy: u32, errno: Errno, stopped: bool) -> (u32, bool) {
        let mut times = 0;
        let outcome = patiently(&|| stopped, || {
            times += 1;
            if times > busy { Outcome::Done } else { Outcome::Refused(refusal(errno, None)) }
        });
        (times, outcome == Outcome::Done)
    }

    #[test]
    fn busy_driver_is_asked_again_within_a_second_and_no_other_refusal_is() {
        assert_eq!(tried(0, Errno::EBUSY, false), (1, true));
        assert_eq!(tried(2, Errno::EAGAIN, false), (3, true));
        assert_eq!(tried(u32::MAX, Errno::EBUSY, false), (TRIES, false));
        assert_eq!(tried(2, Errno::EINVAL, false), (1, false));
        assert_eq!(tried(2, Errno::EBUSY, true), (1, false));
    }
}
