//! What mends a value that its field does not take.
//!
//! Misspelt keys and words are mended by what is near them: that is `suggest`.

use crate::yaml::{A_LIST, A_MAP, Node};

/// Returns how the value of a field that wants something else is mended.
pub(crate) fn of_wanted(node: &Node, wanted: &str) -> String {
    match wanted {
        A_MAP => "write keys and values: on lines of their own, or in braces `{key: value}`".to_owned(),
        A_LIST => "write `[a, b]`, or lines that begin with `- `".to_owned(),
        "a text" => "write one text, in quotes if need be".to_owned(),
        _ => number(node).unwrap_or_else(|| format!("write {wanted}")),
    }
}

/// Returns how a scalar becomes the number that it stands for; `None` where it is one already, or looks like none.
fn number(node: &Node) -> Option<String> {
    let text = node.as_text()?;
    let number = decimal(text)?;
    if node.is_quoted() {
        Some(format!("write it without quotes: {number}"))
    } else if number == text {
        None
    } else if text.bytes().all(|b| b.is_ascii_digit()) {
        Some(format!("write it without leading zeros, which some readers take for octal: {number}"))
    } else {
        Some(format!("write it in plain decimal digits: {number}"))
    }
}

/// Returns the whole number that a text means to people or to some YAML reader, as plain decimal digits; `None` where
/// it means none: `0100`, `1_000`, `+1`, `8.0`, `1e3`, `0x64`, `0o144`.
fn decimal(text: &str) -> Option<String> {
    let plain = text.replace('_', "");
    let plain = plain.strip_prefix('+').unwrap_or(&plain);
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).ok().map(|n| n.to_string());
    if let Some(digits) = plain.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = plain.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let (whole, zeros) = match plain.split_once(['e', 'E']) {
        Some((whole, exponent)) => (whole, exponent.parse::<u8>().ok().filter(|zeros| *zeros < 20)?),
        None => (plain, 0),
    };
    let whole = match whole.split_once('.') {
        Some((whole, fraction)) => fraction.bytes().all(|b| b == b'0').then_some(whole)?,
        None => whole,
    };
    if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{whole}{}", "0".repeat(zeros.into()));
    let number = digits.trim_start_matches('0');
    Some(if number.is_empty() { "0".to_owned() } else { number.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_another_spelling_is_written_in_decimal() {
        for (text, number) in [
            ("0", Some("0")),
            ("000", Some("0")),
            ("0100", Some("100")),
            ("1_000", Some("1000")),
            ("+1", Some("1")),
            ("8.0", Some("8")),
            ("1e3", Some("1000")),
            ("0x64", Some("100")),
            ("0o144", Some("100")),
            ("99999999999999999999", Some("99999999999999999999")),
            ("-1", None),
            ("1.5", None),
            ("1e99", None),
            ("0x", None),
            ("many", None),
            ("e", None),
            ("", None),
            ("٣", None),
        ] {
            assert_eq!(decimal(text).as_deref(), number, "{text}");
        }
    }
}
