//! How long a request may take, and after which trouble it is tried again.

use std::time::Duration;

use crate::error::{ApiError, Trouble};

/// The longest that one request may take, whatever the caller allows.
const LONGEST: Duration = Duration::from_secs(30);
/// The pause before the second try; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How long a request may take, and after which trouble it is tried again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// How long one try may take.
    pub(crate) limit: Duration,
    /// The time since the first try after which no other is made.
    budget: Duration,
    /// After which trouble another try is made.
    retried: &'static [Trouble],
}

impl Patience {
    /// Returns the patience of a look at the whole cluster. Where there is no connection, a person waits for the answer.
    pub(crate) fn of_look(limit: Duration) -> Self {
        Self::new(limit, Duration::from_secs(3), &[Trouble::Busy, Trouble::Cut])
    }

    /// Returns the patience of reading single objects, whose API server answered just before.
    pub(crate) fn of_reading(limit: Duration) -> Self {
        Self::new(limit, Duration::from_secs(3), &[Trouble::Busy, Trouble::Cut, Trouble::NoConnection])
    }

    /// Returns the patience of a change. After a lost connection it is not tried again: what became of it is to be read.
    pub(crate) fn of_change(limit: Duration) -> Self {
        Self::new(limit, Duration::from_secs(10), &[Trouble::Busy, Trouble::NoConnection])
    }

    fn new(limit: Duration, budget: Duration, retried: &'static [Trouble]) -> Self {
        let limit = limit.min(LONGEST);
        Self { limit, budget: budget.min(limit), retried }
    }

    /// Returns how long to wait before the next try after `tries` that took `elapsed` in all; `None` where none is made.
    pub(crate) fn pause(&self, error: &ApiError, tries: u32, elapsed: Duration) -> Option<Duration> {
        let trouble = error.trouble()?;
        let asked = match error {
            ApiError::Status(refusal) => refusal.retry_after,
            _ => None,
        };
        let own = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX));
        let pause = asked.map_or(own, |asked| asked.max(own));
        (self.retried.contains(&trouble) && elapsed.saturating_add(pause) <= self.budget).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Refusal, Said};

    fn refusal(code: u16, retry_after: Option<u64>) -> ApiError {
        let retry_after = retry_after.map(Duration::from_secs);
        ApiError::Status(Refusal { code, message: String::new(), causes: vec![], about: None, retry_after })
    }

    #[test]
    fn tries_end_with_the_budget() {
        let patience = Patience::of_change(Duration::from_secs(60));
        let (mut elapsed, mut tries) = (Duration::ZERO, 1);
        while let Some(pause) = patience.pause(&refusal(503, None), tries, elapsed) {
            elapsed += pause;
            tries += 1;
        }
        assert_eq!((tries, elapsed.as_millis()), (6, 7750));
        let short = Patience::of_change(Duration::from_secs(1));
        assert_eq!(short.pause(&refusal(503, None), 3, Duration::from_millis(750)), None);
    }

    #[test]
    fn the_server_says_how_long_to_wait() {
        let patience = Patience::of_change(Duration::from_secs(60));
        let pause = |seconds| patience.pause(&refusal(429, Some(seconds)), 1, Duration::ZERO);
        assert_eq!(pause(2), Some(Duration::from_secs(2)));
        assert_eq!(pause(0), Some(FIRST_PAUSE));
        assert_eq!(pause(60), None);
    }

    #[test]
    fn only_trouble_that_may_pass_is_retried() {
        let cut = || ApiError::Cut(Said::by(&"closed"));
        let none = || ApiError::Unreachable { server: "s".to_owned(), cause: Said::by(&"refused") };
        let (look, reading, change) =
            (Patience::of_look(LONGEST), Patience::of_reading(LONGEST), Patience::of_change(LONGEST));
        let is_retried =
            |patience: Patience, error: &ApiError| patience.pause(error, 1, Duration::ZERO).is_some();
        for (error, expected) in [
            (refusal(429, None), [true, true, true]),
            (refusal(500, None), [true, true, true]),
            (refusal(403, None), [false, false, false]),
            (refusal(409, None), [false, false, false]),
            (cut(), [true, true, false]),
            (none(), [false, true, true]),
            (ApiError::Late(LONGEST), [false, false, false]),
        ] {
            let found = [look, reading, change].map(|patience| is_retried(patience, &error));
            assert_eq!(found, expected, "{error}");
        }
    }
}
