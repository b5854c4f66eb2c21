//! What a scalar's text may be taken for.

use serde_json::Number;

use super::deserialize::{Mistake, Problem, describe_text};
use super::node::{Scalar, Style};

/// What a scalar says where no field says what it wants.
pub(super) enum Meaning<'a> {
    /// A number.
    Number(Number),
    /// A switch.
    Flag(bool),
    /// A text.
    Text(&'a str),
}

/// What is wanted there.
const ONE_MEANING: &str = "a value that every YAML reader takes alike: `true`, `false`, a plain decimal number, or a text in quotes";

impl Scalar {
    /// Returns whether this is YAML's word for nothing, or nothing at all.
    pub(crate) fn says_nothing(&self) -> bool {
        let Self { text, style } = self;
        *style == Style::Plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// Refuses what other YAML readers take for something else, and what says nothing.
    pub(super) fn checked(&self) -> Result<&str, Mistake> {
        let Self { text, style } = self;
        match style {
            _ if self.says_nothing() => Err(Mistake::new(Problem::NoValue)),
            Style::Plain if is_mac_with_colons(text) => Err(Mistake::new(Problem::BareMac(text.clone()))),
            Style::Plain | Style::Quoted => Ok(text),
        }
    }

    /// Returns the number that this is written as: bare decimal digits without leading zeros.
    pub(super) fn number(&self) -> Option<u64> {
        let Self { text, style } = self;
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let canonical = text == "0" || !text.starts_with('0');
        (*style == Style::Plain && digits && canonical).then(|| text.parse().ok()).flatten()
    }

    /// Returns what the scalar says by itself: numbers and switches as JSON spells them without quotes, and texts. What one
    /// YAML reader takes for a text and another for something else is refused.
    pub(super) fn meaning(&self) -> Result<Meaning<'_>, Mistake> {
        let text = self.checked()?;
        match (self.style, text) {
            (Style::Quoted, text) => Ok(Meaning::Text(text)),
            (Style::Plain, "true") => Ok(Meaning::Flag(true)),
            (Style::Plain, "false") => Ok(Meaning::Flag(false)),
            (Style::Plain, text) => match serde_json::from_str::<Number>(text) {
                // A whole number that is held as a fraction has lost digits.
                Ok(number) if !number.is_f64() || text.contains(['.', 'e', 'E']) => {
                    Ok(Meaning::Number(number))
                }
                Ok(_) => Err(Mistake::wanted(ONE_MEANING, describe_text(text))),
                Err(_) if has_other_meanings(text) => Err(Mistake::wanted(ONE_MEANING, describe_text(text))),
                Err(_) => Ok(Meaning::Text(text)),
            },
        }
    }
}

/// Returns whether some YAML reader takes a bare word for a switch or a number (YAML 1.1, types bool, int and float;
/// YAML 1.2.2, 10.3.2), which is neither in JSON.
fn has_other_meanings(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    if matches!(word.as_str(), "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false") {
        return true;
    }
    let number = word.trim_start_matches(['+', '-']).replace('_', "");
    let in_radix = |prefix: &str, radix| {
        number.strip_prefix(prefix).is_some_and(|digits| u128::from_str_radix(digits, radix).is_ok())
    };
    let begins_as_number = number.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let is_number = number.parse::<f64>().is_ok() || matches!(number.as_str(), ".inf" | ".nan");
    begins_as_number && is_number || in_radix("0x", 16) || in_radix("0o", 8) || in_radix("0b", 2)
}

/// Returns whether a text is six pairs of hex digits with colons, which YAML 1.1 may take as a number of base 60.
fn is_mac_with_colons(text: &str) -> bool {
    let pairs = |pair: &str| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
    text.split(':').count() == 6 && text.split(':').all(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalar_that_readers_take_differently_has_no_meaning_without_quotes() {
        let scalar = |text: &str, style| Scalar { text: text.to_owned(), style };
        let meaning = |text: &str| match scalar(text, Style::Plain).meaning() {
            Ok(Meaning::Number(number)) => format!("number {number}"),
            Ok(Meaning::Flag(flag)) => format!("flag {flag}"),
            Ok(Meaning::Text(text)) => format!("text {text}"),
            Err(_) => "none".to_owned(),
        };
        for (text, meant) in [
            ("1", "number 1"),
            ("-5", "number -5"),
            ("1.50", "number 1.5"),
            ("18446744073709551615", "number 18446744073709551615"),
            ("18446744073709551616", "none"),
            ("true", "flag true"),
            ("True", "none"),
            ("yes", "none"),
            ("OFF", "none"),
            ("0x10", "none"),
            ("0o7", "none"),
            ("012", "none"),
            ("+1", "none"),
            ("1_000", "none"),
            (".5", "none"),
            ("1.", "none"),
            ("1e999", "none"),
            ("-.inf", "none"),
            ("nan", "text nan"),
            ("inf", "text inf"),
            ("offset", "text offset"),
            ("10.0.0.0/24", "text 10.0.0.0/24"),
            ("fd00::1", "text fd00::1"),
            ("1.0.0", "text 1.0.0"),
            ("-", "text -"),
            ("a b", "text a b"),
        ] {
            assert_eq!(meaning(text), meant, "{text}");
            let quoted = scalar(text, Style::Quoted);
            assert!(matches!(quoted.meaning(), Ok(Meaning::Text(same)) if same == text), "{text}");
        }
    }
}
