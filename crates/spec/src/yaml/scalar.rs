//! What a scalar's text may be taken for.

use super::deserialize::{Mistake, Problem};
use super::node::{Scalar, Style};

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
}

/// Returns whether a text is six pairs of hex digits with colons, which YAML 1.1 may take as a number of base 60.
fn is_mac_with_colons(text: &str) -> bool {
    let pairs = |pair: &str| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
    text.split(':').count() == 6 && text.split(':').all(pairs)
}
