//! The moments that stand in the files of the state folder.

use jiff::Timestamp;

/// Returns this moment, to the second.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc_to_the_second() {
        let text = now().to_string();
        assert_eq!(text.len(), "2026-11-03T10:00:00Z".len(), "{text}");
        assert!(text.ends_with('Z'), "{text}");
    }
}
