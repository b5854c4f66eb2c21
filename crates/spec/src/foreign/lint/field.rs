//! Tables of the keys that a tool reads, and the walk that holds a map against one.

use vfctl_kinds::suggest::did_you_mean;

use super::finding::Linter;
use super::json::{self, Json, written};
use super::row::Lint;
use crate::diagnostic::quoted;
use crate::yaml::{Entry, Map, Node, Span};

/// A key that a tool reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// The key.
    pub(super) key: &'static str,
    /// What its value is.
    pub(super) takes: Takes,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// A text.
    Text,
    /// One of these texts.
    Word(&'static [&'static str]),
    /// The text `on` or the text `off`.
    Switch,
    /// `true` or `false`.
    Flag,
    /// A whole number within these bounds.
    Number(i64, i64),
    /// A list of texts.
    Texts,
    /// A list, whose entries have rules of their own.
    List,
    /// Keys and values, which have rules of their own.
    Map,
    /// Anything; it may have rules of its own.
    Any,
}

/// The keys of one map of a tool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a> {
    /// Who reads it, in messages.
    pub(super) reader: &'a str,
    /// The keys.
    pub(super) fields: &'a [Field],
    /// Keys that people write here, and what to do instead.
    pub(super) instead: &'a [(&'static str, Lint, &'static str)],
    /// What is said of keys that are in no table.
    pub(super) others: Others,
}

/// What is said of keys that are in no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// They are mistakes, as their reader ignores them.
    Refused,
    /// They are mistakes where they are near one of the table: their reader may be newer than it.
    RefusedIfNear,
}

/// Holds a map against a table.
pub(super) fn walk(map: &Map, table: Table<'_>, linter: &mut Linter) {
    for entry in &map.entries {
        match table.fields.iter().find(|field| is_key(&entry.key, field.key)) {
            Some(field) => check(entry, field.takes, table.reader, linter),
            None => unknown(entry, table, linter),
        }
    }
}

/// Returns the entry of a key whose value is not nothing. The tools are written in Go, whose `encoding/json` ignores case.
pub(super) fn get<'a>(map: &'a Map, key: &str) -> Option<&'a Entry> {
    let mut found = map.entries.iter().filter(|entry| is_key(&entry.key, key));
    found.next().filter(|entry| !matches!(Json::of(&entry.value), Json::Nothing))
}

/// Returns the entry of a key whose value is a text, and that.
pub(super) fn text_entry<'a>(map: &'a Map, key: &str) -> Option<(&'a Entry, &'a str)> {
    let entry = get(map, key)?;
    Some((entry, json::text(&entry.value)?))
}

/// Returns the value of a key that is a text.
pub(super) fn text<'a>(map: &'a Map, key: &str) -> Option<&'a str> {
    text_entry(map, key).map(|(_, text)| text)
}

/// Returns the value of a key that is a map.
pub(super) fn map<'a>(map: &'a Map, key: &str) -> Option<&'a Map> {
    get(map, key).and_then(|entry| entry.value.as_map())
}

/// Says that a key is missing in a map, where it is.
pub(super) fn require(map: &Map, key: &str, place: Span, help: &str, linter: &mut Linter) {
    if is_missing(map, key) {
        linter.say(Lint::MissingKey, place, format!("`{key}` is missing here"), help);
    }
}

/// Returns whether a key is missing in a map, and is not only misspelt.
pub(super) fn is_missing(map: &Map, key: &str) -> bool {
    let is_meant = |entry: &Entry| !is_key(&entry.key, key) && did_you_mean(&entry.key, &[key]).is_some();
    get(map, key).is_none() && !map.entries.iter().any(is_meant)
}

/// Returns the words as a list for a message.
pub(super) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn is_key(written: &str, key: &str) -> bool {
    written.eq_ignore_ascii_case(key)
}

fn unknown(entry: &Entry, table: Table<'_>, linter: &mut Linter) {
    let Table { reader, fields, instead, others } = table;
    // People write comments so, also in the place of a key.
    if entry.key.starts_with("//") || entry.key.starts_with("/*") {
        return;
    }
    let key = quoted(&entry.key);
    if let Some((_, lint, help)) = instead.iter().find(|(word, ..)| is_key(&entry.key, word)) {
        return linter.say(*lint, entry.key_span, format!("{reader} has no field {key} here"), *help);
    }
    let keys: Vec<&str> = fields.iter().map(|field| field.key).collect();
    let help = match (did_you_mean(&entry.key, &keys), others) {
        (Some(near), _) => format!("did you mean `{near}`? {reader} ignores fields that it does not know"),
        (None, Others::Refused) => {
            format!("remove it: {reader} ignores it; fields here: {}", listed(keys))
        }
        (None, Others::RefusedIfNear) => return,
    };
    linter.say(Lint::UnknownKey, entry.key_span, format!("{reader} has no field {key} here"), help);
}

/// Holds one value against what is taken.
fn check(entry: &Entry, takes: Takes, reader: &str, linter: &mut Linter) {
    let Entry { key, key_span, value } = entry;
    let place = if value.as_text().is_some() { value.span } else { *key_span };
    let found = Json::of(value);
    let mut wrong = |wanted: &str, help: String| {
        let message = format!("{} takes {wanted}, found {}", quoted(key), found.in_words());
        linter.say(Lint::WrongType, place, message, help);
    };
    match (takes, found) {
        // Go leaves a field as it is where it reads `null`.
        (_, Json::Nothing)
        | (Takes::Any, _)
        | (Takes::Text, Json::Text(_))
        | (Takes::Flag, Json::Flag(_))
        | (Takes::List, Json::List(_))
        | (Takes::Map, Json::Map(_))
        | (Takes::Switch, Json::Text("on" | "off")) => {}
        (Takes::Texts, Json::List(items)) => texts(key, items, linter),
        (Takes::Word(words), Json::Text(word)) => check_word(key, place, word, words, linter),
        (Takes::Number(min, max), Json::Number(number)) => {
            if !number.parse::<i64>().is_ok_and(|number| (min..=max).contains(&number)) {
                let message = format!("{} is out of range for {}", quoted(number), quoted(key));
                linter.say(Lint::OutOfRange, place, message, format!("write {}", bounds(min, max)));
            }
        }
        (Takes::Number(_, _), Json::Text(text)) if text.parse::<i64>().is_ok() => {
            wrong("a number", format!("write it without quotes: {text}"));
        }
        (Takes::Number(min, max), _) => wrong("a number", format!("write {}", bounds(min, max))),
        (Takes::Switch, _) => {
            let help = match found {
                Json::Flag(true) => format!("write \"on\": to {reader} this is no text"),
                Json::Flag(false) => format!("write \"off\": to {reader} this is no text"),
                Json::Nothing | Json::Number(_) | Json::Text(_) | Json::List(_) | Json::Map(_) => {
                    format!("write \"on\" or \"off\": {reader} takes every other text for \"off\"")
                }
            };
            let message = format!("{} takes \"on\" or \"off\", found {}", quoted(key), found.in_words());
            linter.say(Lint::NotASwitch, place, message, help);
        }
        (Takes::Texts | Takes::List, Json::Text(text)) => {
            let message = format!("{} takes a list, found {}", quoted(key), found.in_words());
            linter.say(Lint::NotAList, place, message, format!("write `[{}]`", written(text)));
        }
        (Takes::Texts | Takes::List, _) => wrong("a list", "write `[…]`".to_owned()),
        (Takes::Text | Takes::Word(_), Json::Number(number)) => {
            wrong("a text", format!("write it in quotes: {}", written(number)));
        }
        (Takes::Text | Takes::Word(_), _) => wrong("a text", "write one text in quotes".to_owned()),
        (Takes::Flag, Json::Text("true" | "false")) => {
            wrong("`true` or `false`", "write it without quotes".to_owned());
        }
        (Takes::Flag, _) => wrong("`true` or `false`", "write `true` or `false`".to_owned()),
        (Takes::Map, _) => wrong("keys and values", "write `{\"key\": …}`".to_owned()),
    }
}

/// Says which entries of a list of texts are none.
fn texts(key: &str, items: &[Node], linter: &mut Linter) {
    for item in items {
        let found = Json::of(item);
        if !matches!(found, Json::Text(_)) {
            let help = match found {
                Json::Number(number) => format!("write it in quotes: {}", written(number)),
                Json::Nothing | Json::Flag(_) | Json::Text(_) | Json::List(_) | Json::Map(_) => {
                    "write each entry as a text in quotes".to_owned()
                }
            };
            let message = format!("{} takes a list of texts, found {}", quoted(key), found.in_words());
            linter.say(Lint::WrongType, item.pointer(), message, help);
        }
    }
}

/// Says that a word is none of those that there are, where it is none.
pub(super) fn check_word(key: &str, place: Span, word: &str, words: &[&str], linter: &mut Linter) {
    if words.contains(&word) {
        return;
    }
    let meant = did_you_mean(word, words).map(|word| format!("did you mean `{word}`? "));
    let help = format!("{}values here: {}", meant.unwrap_or_default(), listed(words.iter().copied()));
    linter.say(Lint::UnknownWord, place, format!("no such value {} for {}", quoted(word), quoted(key)), help);
}

fn bounds(min: i64, max: i64) -> String {
    if max == i64::MAX {
        format!("a whole number, at least {min}")
    } else {
        format!("a whole number from {min} to {max}")
    }
}
