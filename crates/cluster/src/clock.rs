//! What can be said of clocks that differ: by the `Date` of an answer, by the life of a token, by the dates of a certificate.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A difference below this is nothing: answers take time, and their date has whole seconds.
const NEGLIGIBLE: Duration = Duration::from_secs(30);

/// When a token is valid, in seconds since 1970 (`exp`, `nbf`: RFC 7519, section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TokenLife {
    begins: Option<u64>,
    ends: Option<u64>,
}

impl TokenLife {
    /// Returns what a token says of itself; nothing where it is no JSON web token.
    pub(crate) fn of(token: &str) -> Self {
        let claims = token.split('.').nth(1).and_then(decode);
        let claims: Option<serde_json::Value> =
            claims.and_then(|claims| serde_json::from_slice(&claims).ok());
        let seconds = |name: &str| claims.as_ref()?.get(name)?.as_u64();
        Self { begins: seconds("nbf"), ends: seconds("exp") }
    }

    /// Returns why a token is not accepted at a time; `None` where its life says nothing against it.
    fn trouble(self, now: u64) -> Option<String> {
        match (self.begins, self.ends) {
            (_, Some(ends)) if ends <= now => Some(format!("the token expired {} ago", span(now - ends))),
            (Some(begins), _) if begins > now => {
                Some(format!("the token is valid only in {}", span(begins - now)))
            }
            _ => None,
        }
    }
}

/// Returns what may be the cause that credentials are not accepted; empty where nothing is known. `date` is the answer's header.
pub(crate) fn cause_of_refusal(date: Option<&str>, life: TokenLife, here: SystemTime) -> Vec<String> {
    let here = here.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let there = date.and_then(seconds_of);
    // The API server judges by its own clock.
    let token = life.trouble(there.unwrap_or(here));
    token.into_iter().chain(there.and_then(|there| difference(here, there))).collect()
}

/// Returns how far the clock of this machine is from the API server's; `None` where the difference is negligible.
fn difference(here: u64, there: u64) -> Option<String> {
    let apart = here.abs_diff(there);
    let direction = if here > there { "ahead of" } else { "behind" };
    (apart > NEGLIGIBLE.as_secs()).then(|| {
        format!("the clock of this machine is {} {direction} the clock of the API server", span(apart))
    })
}

/// Returns what the words of a TLS library about a certificate's dates mean for clocks; `None` where it has none.
pub(crate) fn of_certificate(said: &str) -> Option<String> {
    let apart = said.split(|letter: char| !letter.is_ascii_alphanumeric()).collect::<Vec<_>>();
    let apart = apart.windows(2).find(|pair| pair.get(1) == Some(&"seconds"))?.first()?.parse().ok()?;
    if said.contains("not valid yet") {
        return Some(format!(
            "by the clock of this machine the certificate of the API server begins in {}: this clock is that far behind, or more",
            span(apart)
        ));
    }
    said.contains("expired").then(|| {
        format!(
            "by the clock of this machine the certificate of the API server ended {} ago: renew it, or this clock is ahead",
            span(apart)
        )
    })
}

/// Returns a span of time in its two largest units.
fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// Returns the seconds since 1970 of a date such as `Mon, 30 Nov 2026 02:24:02 GMT` (RFC 9110, section 5.6.7).
fn seconds_of(date: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = date.split([' ', ':', ',']).filter(|word| !word.is_empty()).collect();
    let [_, day, month, year, hour, minute, second, "GMT"] = words[..] else { return None };
    // A server may send anything: what no clock shows is no date. A minute may have a leap second.
    let within = |text: &str, least: u64, most: u64| {
        text.parse::<u64>().ok().filter(|number| (least..=most).contains(number))
    };
    let month = u64::try_from(MONTHS.iter().position(|name| *name == month)?).ok()? + 1;
    let (day, year) = (within(day, 1, 31)?, within(year, 1970, 9999)?);
    let (hour, minute, second) = (within(hour, 0, 23)?, within(minute, 0, 59)?, within(second, 0, 60)?);
    // Days since 1970 of the proleptic Gregorian calendar, years counted from March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    let days = days.checked_sub(719_469)?;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Decodes base64 as tokens have it (RFC 4648, section 5, without padding); `None` where it is none.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"exp":1000000,"nbf":900000}`
    const TOKEN: &str = "e30.eyJleHAiOjEwMDAwMDAsIm5iZiI6OTAwMDAwfQ.x";

    #[test]
    fn a_token_says_when_it_is_valid() {
        let life = TokenLife::of(TOKEN);
        assert_eq!(life, TokenLife { begins: Some(900_000), ends: Some(1_000_000) });
        assert_eq!(life.trouble(1_007_380).as_deref(), Some("the token expired 2 h 3 min ago"));
        assert_eq!(life.trouble(899_940).as_deref(), Some("the token is valid only in 1 min"));
        assert_eq!(life.trouble(950_000), None);
        assert_eq!(TokenLife::of("secret"), TokenLife::default());
    }

    #[test]
    fn dates_of_answers_are_counted_from_1970() {
        for (date, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Tue, 29 Feb 2028 12:00:00 GMT", Some(1_835_438_400)),
            ("Fri, 31 Dec 9999 23:59:60 GMT", Some(253_402_300_800)),
            ("tomorrow", None),
            // Numbers that no clock shows, up to those that no sum can hold.
            ("Sun, 06 Nov 18446744073709551615 08:49:37 GMT", None),
            ("Sun, 18446744073709551615 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 18446744073709551615:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:18446744073709551615:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:18446744073709551615 GMT", None),
            ("Sun, 00 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 24:49:37 GMT", None),
            ("Wed, 31 Dec 1969 23:59:59 GMT", None),
        ] {
            assert_eq!(seconds_of(date), seconds, "{date}");
        }
    }

    #[test]
    fn clocks_that_differ_are_told_by_how_much() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let causes = |seconds| cause_of_refusal(date, TokenLife::default(), at(seconds));
        assert_eq!(
            causes(784_111_777 - 7_380),
            ["the clock of this machine is 2 h 3 min behind the clock of the API server"]
        );
        assert_eq!(
            causes(784_111_777 + 90_000),
            ["the clock of this machine is 1 d 1 h ahead of the clock of the API server"]
        );
        assert!(causes(784_111_777 + 20).is_empty());
        // The server's clock decides whether a token is old.
        let expired = cause_of_refusal(date, TokenLife::of(TOKEN), at(950_000));
        assert!(expired.iter().any(|cause| cause.starts_with("the token expired ")), "{expired:?}");
    }

    #[test]
    fn certificates_of_another_time_say_how_far() {
        let early = "invalid peer certificate: certificate not valid yet: verification time 10 (UNIX), but certificate is \
                     not valid until 7210 (UNIX) (7200 seconds in future)";
        assert!(of_certificate(early).is_some_and(|said| said.contains("begins in 2 h 0 min")), "{early}");
        let late = "invalid peer certificate: certificate expired: verification time 7210 (UNIX), but certificate is not \
                    valid after 10 (UNIX) (7200 seconds ago)";
        assert!(of_certificate(late).is_some_and(|said| said.contains("ended 2 h 0 min ago")), "{late}");
        assert_eq!(of_certificate("invalid peer certificate: UnknownIssuer"), None);
    }
}
