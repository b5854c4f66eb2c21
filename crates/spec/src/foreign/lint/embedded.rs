//! Texts within texts: a document in a scalar of another is read as one of its own, with the places that it has in the
//! whole file.

use super::finding::Linter;
use super::json::{NotJson, not_json};
use super::row::Lint;
use crate::diagnostic::Fault;
use crate::yaml::{Entry, Node, Span, Value, parse};

impl Linter {
    /// Returns the JSON document in a scalar of a file with this text; what is wrong with it as such is said. `None` where
    /// nothing can be read, or it was read before: what an alias repeats is looked at once.
    pub(super) fn embedded(&mut self, scalar: &Node, file: &str, reader: &str) -> Option<Node> {
        let text = scalar.as_text().filter(|_| self.texts_read.insert(scalar.span))?;
        let raw = file.get(scalar.span.start..scalar.span.end).unwrap_or_default();
        let places = Places::of(text, raw, scalar.span);
        let source = scalar.span.source;
        let refused = not_json(text);
        if let Some(NotJson { at, why }) = &refused {
            let why = format!("{why}{}", places.within(text, *at));
            self.not_json(places.outer(Span { source, start: *at, end: *at }), &why, text, reader);
        }
        // An alias could repeat what follows without end, and JSON has none.
        if !text.trim_start().starts_with(['{', '[']) || (refused.is_some() && text.contains('&')) {
            return None;
        }
        let (trees, faults) = parse(source, text);
        if refused.is_none() {
            self.faults.extend(faults.into_iter().map(|fault| places.of_fault(fault, text)));
        }
        let mut tree = trees.into_iter().next()?;
        places.move_tree(&mut tree);
        Some(tree)
    }

    /// Says where a document that is a file of its own, or a part of one, is not JSON.
    pub(super) fn own_text(&mut self, tree: &Node, file: &str, reader: &str) {
        self.part(tree.span, file, reader);
    }

    /// Says where a file is not JSON.
    pub(super) fn whole_text(&mut self, source: usize, file: &str) {
        self.part(Span { source, start: 0, end: file.len() }, file, "");
    }

    fn part(&mut self, Span { source, start, end }: Span, file: &str, reader: &str) {
        let text = file.get(start..end).unwrap_or_default();
        if let Some(NotJson { at, why }) = not_json(text) {
            self.not_json(Span { source, start: start + at, end: start + at }, &why, text, reader);
        }
    }

    fn not_json(&mut self, place: Span, why: &str, text: &str, reader: &str) {
        let help = if text.trim_start().starts_with(['{', '[']) {
            "JSON has no comments, no comma after the last entry, and double quotes around each key and text"
        } else {
            "write JSON: braces around all, and double quotes around each key and text"
        };
        let reads = if reader.is_empty() { String::new() } else { format!(", which {reader} reads") };
        self.say(Lint::InvalidJson, place, format!("this is not JSON{reads}: {why}"), help);
    }
}

/// Where the characters of a scalar's text stand in the file.
struct Places<'a> {
    raw: &'a str,
    whole: Span,
    /// Bytes of the text and of the file from which on both run alike; `None` where that cannot be told.
    runs: Option<Vec<(usize, usize)>>,
}

impl<'a> Places<'a> {
    fn of(text: &str, raw: &'a str, whole: Span) -> Self {
        let escapes = [Escapes::None, Escapes::Single, Escapes::Double];
        let runs = escapes.into_iter().find_map(|escapes| aligned(text, raw, escapes));
        Self { raw, whole, runs }
    }

    /// Returns the place in the file of a place in the text: the whole scalar where that cannot be told.
    fn outer(&self, inner: Span) -> Span {
        let Some(runs) = &self.runs else { return self.whole };
        let outer = |at: usize| {
            let next = runs.partition_point(|(from, _)| *from <= at);
            let (from, to) = next.checked_sub(1).and_then(|run| runs.get(run)).copied().unwrap_or((at, 0));
            let end = runs.get(next).map_or(self.raw.len(), |(_, to)| *to);
            (to + (at - from)).min(end)
        };
        let start = outer(inner.start);
        // The end is that of the last character, so that no blank between two lines is meant.
        let end = if inner.end > inner.start { outer(inner.end - 1) + 1 } else { start };
        let byte = |at: usize| self.whole.start + self.raw.floor_char_boundary(at);
        Span { source: self.whole.source, start: byte(start), end: byte(end.max(start)) }
    }

    /// Returns where in the text a byte is, for a message that can point only at the whole.
    fn within(&self, text: &str, at: usize) -> String {
        if self.runs.is_some() {
            return String::new();
        }
        let before = text.get(..at).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!(" (line {}, column {column} of this text)", before.matches('\n').count() + 1)
    }

    fn of_fault(&self, fault: Fault, text: &str) -> Fault {
        let Fault { span, message, help, related } = fault;
        let message = format!("{message}{}", self.within(text, span.start));
        let related = related.into_iter().map(|(span, said)| (self.outer(span), said)).collect();
        Fault { span: self.outer(span), message, help, related }
    }

    fn move_tree(&self, node: &mut Node) {
        node.span = self.outer(node.span);
        match &mut node.value {
            Value::Scalar(_) => {}
            Value::List(items) => items.iter_mut().for_each(|item| self.move_tree(item)),
            Value::Map(map) => {
                for Entry { key_span, value, .. } in &mut map.entries {
                    *key_span = self.outer(*key_span);
                    self.move_tree(value);
                }
            }
        }
    }
}

/// How a scalar is written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escapes {
    /// As it is: bare, or as a block.
    None,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
}

/// Returns the bytes of a text and of how it is written from which on both run alike, in order; `None` where they are not
/// the same text. Blanks and line ends count as one, as indentation and folding make more or fewer of them.
fn aligned(text: &str, raw: &str, escapes: Escapes) -> Option<Vec<(usize, usize)>> {
    let quote = match escapes {
        Escapes::None => None,
        Escapes::Single => Some('\''),
        Escapes::Double => Some('"'),
    };
    let mut at = match quote {
        Some(quote) => raw.starts_with(quote).then_some(1)?,
        None => 0,
    };
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut in_blank = false;
    for (inner, wanted) in text.char_indices() {
        if wanted.is_whitespace() {
            if !in_blank {
                runs.push((inner, at));
            }
            in_blank = true;
            continue;
        }
        let (mut found, mut length) = written(raw.get(at..)?, escapes)?;
        while found.is_none_or(char::is_whitespace) {
            at += length;
            (found, length) = written(raw.get(at..)?, escapes)?;
        }
        if found != Some(wanted) {
            return None;
        }
        let goes_on = runs.last().is_some_and(|(from, to)| inner >= *from && inner - from == at - to);
        if !goes_on || in_blank {
            runs.push((inner, at));
        }
        in_blank = false;
        at += length;
    }
    Some(runs)
}

/// Returns the character that is written next, `None` for a line that is continued, and in how many bytes.
fn written(raw: &str, escapes: Escapes) -> Option<(Option<char>, usize)> {
    let first = raw.chars().next()?;
    match (escapes, first) {
        (Escapes::Single, '\'') => raw.starts_with("''").then_some((Some('\''), 2)),
        (Escapes::Double, '"') => None,
        (Escapes::Double, '\\') => escaped(raw),
        (Escapes::None | Escapes::Single | Escapes::Double, other) => Some((Some(other), other.len_utf8())),
    }
}

/// Returns the character of an escape (YAML 1.2.2, 5.7), and its length.
fn escaped(raw: &str) -> Option<(Option<char>, usize)> {
    let hex = |from: usize, digits: usize| {
        raw.get(from..from + digits).and_then(|text| u32::from_str_radix(text, 16).ok())
    };
    let code = |digits: usize| Some((Some(hex(2, digits).and_then(char::from_u32)?), 2 + digits));
    let is = |character: char, written: char| Some((Some(character), 1 + written.len_utf8()));
    match raw.chars().nth(1)? {
        'n' => is('\n', 'n'),
        't' => is('\t', 't'),
        'r' => is('\r', 'r'),
        'x' => code(2),
        'u' => match hex(2, 4)? {
            // Two escapes for one character, as JSON has them.
            high @ 0xd800..0xdc00 => {
                let low = hex(8, 4).filter(|low| (0xdc00..0xe000).contains(low))?;
                let both = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                Some((Some(char::from_u32(both)?), 12))
            }
            _ => code(4),
        },
        'U' => code(8),
        '\n' | '\r' => Some((None, 1)),
        plain @ ('"' | '\\' | '/' | ' ') => is(plain, plain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, raw: &str, piece: &str) -> Option<String> {
        let whole = Span { source: 0, start: 0, end: raw.len() };
        let places = Places::of(text, raw, whole);
        let start = text.find(piece).expect("a piece");
        let Span { start, end, .. } = places.outer(Span { source: 0, start, end: start + piece.len() });
        places.runs.is_some().then(|| raw[start..end].to_owned())
    }

    #[test]
    fn a_piece_of_a_text_is_found_as_it_is_written() {
        for (text, raw, piece, written) in [
            ("{\n  b\n}\n", "{\n      b\n    }\n", "b", "b"),
            ("{ ab }", "{\n  ab }", "ab", "ab"),
            ("{'b'}", "'{''b''}'", "b", "b"),
            ("{'b'}", "'{''b''}'", "'b'", "''b'"),
            ("{\"b\"\n}", "\"{\\\"b\\\"\\n}\"", "b", "b"),
            ("aä\u{1f980}b", "\"a\\u00e4\\ud83e\\udd80b\"", "b", "b"),
            ("{ab}", "\"{a\\\n  b}\"", "b", "b"),
            ("\"b\"", "\"b\"", "b", "b"),
        ] {
            assert_eq!(found(text, raw, piece).as_deref(), Some(written), "{raw:?}");
        }
    }

    #[test]
    fn a_text_that_is_written_in_no_known_way_is_pointed_at_as_a_whole() {
        let whole = Span { source: 2, start: 10, end: 13 };
        let places = Places::of("a\nbc", "xyz", whole);
        assert_eq!(places.outer(Span { source: 2, start: 3, end: 4 }), whole);
        assert_eq!(places.within("a\nbc", 3), " (line 2, column 2 of this text)");
        assert_eq!(found("abc", "'abd'", "a"), None);
    }
}
