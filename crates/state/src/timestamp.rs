//! Moments as text.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// A moment in UTC, to the second, written as RFC 3339 has it: `2026-11-03T10:00:00Z`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(String);

impl Timestamp {
    /// Returns this moment.
    pub(crate) fn now() -> Self {
        // A clock before 1970 is a clock that was never set.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self::of(since.as_secs())
    }

    /// Returns the moment so many seconds after the beginning of 1970.
    fn of(seconds: u64) -> Self {
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = date(days);
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        Self(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
    }
}

/// Returns year, month and day of a day counted from 1970-01-01 (H. Hinnant, "chrono-compatible low-level date
/// algorithms", `civil_from_days`).
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        f.write_str(text)
    }
}

/// The text is no such moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no moment such as 2026-11-03T10:00:00Z")]
pub struct NoTimestamp;

impl FromStr for Timestamp {
    type Err = NoTimestamp;

    fn from_str(text: &str) -> Result<Self, NoTimestamp> {
        let pattern = "0000-00-00T00:00:00Z";
        let fits = |(sign, like): (u8, u8)| if like == b'0' { sign.is_ascii_digit() } else { sign == like };
        let plain = text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(fits);
        if plain { Ok(Self(text.to_owned())) } else { Err(NoTimestamp) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_standard_has_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_793_700_000, "2026-11-03T10:00:00Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::of(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(Timestamp::of(seconds)));
        }
        for text in ["", "yesterday", "2026-11-03 10:00:00Z", "2026-11-03T10:00:00Z\n"] {
            assert_eq!(text.parse::<Timestamp>(), Err(NoTimestamp));
        }
    }
}
