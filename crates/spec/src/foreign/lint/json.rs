//! What JSON makes of a tree and of a text: the tools whose documents are linted read JSON, and no YAML.

use crate::diagnostic::quoted;
use crate::yaml::{Map, Node, Value};

/// What a node is to a reader of JSON.
#[derive(Debug, Clone, Copy)]
pub(super) enum Json<'a> {
    /// `null`, or nothing.
    Nothing,
    /// `true` or `false`.
    Flag(bool),
    /// A number, as it is written.
    Number(&'a str),
    /// A text.
    Text(&'a str),
    /// A list.
    List(&'a [Node]),
    /// Keys and values.
    Map(&'a Map),
}

impl<'a> Json<'a> {
    /// Returns what a node is.
    pub(super) fn of(node: &'a Node) -> Self {
        match &node.value {
            Value::Scalar(scalar) if scalar.says_nothing() => Self::Nothing,
            Value::Scalar(scalar) if node.is_quoted() => Self::Text(&scalar.text),
            Value::Scalar(scalar) => match scalar.text.as_str() {
                "true" => Self::Flag(true),
                "false" => Self::Flag(false),
                number if is_number(number) => Self::Number(number),
                text => Self::Text(text),
            },
            Value::List(items) => Self::List(items),
            Value::Map(map) => Self::Map(map),
        }
    }

    /// Returns what it is, in words for a message.
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Nothing => "nothing".to_owned(),
            Self::Flag(flag) => format!("`{flag}`"),
            Self::Number(number) => format!("the number {}", quoted(number)),
            Self::Text(text) => format!("the text {}", quoted(text)),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a map".to_owned(),
        }
    }
}

/// Returns a text as JSON has it, for messages: one line, shortened, without control codes.
pub(super) fn written(text: &str) -> String {
    format!("\"{}\"", quoted(text).trim_matches('`'))
}

/// Returns the text of a node that is a text.
pub(super) fn text(node: &Node) -> Option<&str> {
    match Json::of(node) {
        Json::Text(text) => Some(text),
        Json::Nothing | Json::Flag(_) | Json::Number(_) | Json::List(_) | Json::Map(_) => None,
    }
}

/// Returns the whole number of a node that is one.
pub(super) fn number(node: &Node) -> Option<i64> {
    match Json::of(node) {
        Json::Number(number) => number.parse().ok(),
        Json::Nothing | Json::Flag(_) | Json::Text(_) | Json::List(_) | Json::Map(_) => None,
    }
}

/// Returns the entries of a node that is a list; none of another.
pub(super) fn items(node: &Node) -> &[Node] {
    match Json::of(node) {
        Json::List(items) => items,
        Json::Nothing | Json::Flag(_) | Json::Number(_) | Json::Text(_) | Json::Map(_) => &[],
    }
}

/// Why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotJson {
    /// The byte at which that is seen.
    pub(super) at: usize,
    /// What is wrong there.
    pub(super) why: String,
}

/// Returns why a text is not JSON; `None` where it is. Its content is read from the tree alone.
pub(super) fn not_json(text: &str) -> Option<NotJson> {
    let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
    let before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let at = text.floor_char_boundary(before + error.column().saturating_sub(1));
    if error.is_eof() {
        let at = text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
        return Some(NotJson { at, why: "it ends too early".to_owned() });
    }
    let (done, rest) = text.split_at(at);
    let comma = done.trim_end().strip_suffix(',').filter(|_| rest.starts_with(['}', ']']));
    let word = done.trim_end_matches(char::is_alphanumeric).len();
    let (at, why) = match comma {
        Some(done) => (done.len(), "there is a comma after the last entry"),
        None if rest.starts_with(['/', '#']) => (at, "there is a comment"),
        None if rest.starts_with('\'') => (at, "there is a single quote"),
        None if rest.starts_with(char::is_alphabetic) => (word, "there is a text without quotes"),
        None => return Some(NotJson { at, why: error.to_string().split(" at line ").take(1).collect() }),
    };
    Some(NotJson { at, why: why.to_owned() })
}

/// Returns whether a text is a number as JSON writes one (RFC 8259, 6).
fn is_number(text: &str) -> bool {
    let begins = text.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'-');
    begins && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_found_where_it_stands() {
        for (text, found) in [
            ("{\"a\": [1, -2.5e3, true, null, \"\\u00e9\"]}", None),
            ("{\n\t\"a\":\t1\r\n}\n", None),
            ("{\"a\": 1,\n}", Some((7, "there is a comma after the last entry"))),
            ("{\n  \"a\": on\n}", Some((9, "there is a text without quotes"))),
            ("{\"a\": 1 // one\n}", Some((8, "there is a comment"))),
            ("{\"ä\": 'x'}", Some((7, "there is a single quote"))),
            ("{\"a\" 1}", Some((5, "expected `:`"))),
            ("{\"a\": 1", Some((6, "it ends too early"))),
            ("", Some((0, "it ends too early"))),
        ] {
            let wanted = found.map(|(at, why)| NotJson { at, why: why.to_owned() });
            assert_eq!(not_json(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_those_of_json() {
        for (text, is) in [
            ("0", true),
            ("-1", true),
            ("1.5", true),
            ("1e3", true),
            ("01", false),
            ("0x1", false),
            ("-", false),
        ] {
            assert_eq!(is_number(text), is, "{text}");
        }
    }
}
