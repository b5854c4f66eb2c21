//! Splits a stream of JSON documents without understanding them, so that each can be understood elsewhere and none
//! waits for the last.

use std::io::{self, BufRead};

/// The documents of a stream: objects one after the other, with any blanks between, such as a line for each.
///
/// What is no object is a document up to the end of its line, for whoever parses it to complain about.
pub(crate) struct Documents<R> {
    reader: R,
}

impl<R: BufRead> Documents<R> {
    /// Returns the documents that can be read.
    pub(crate) fn new(reader: R) -> Self {
        Self { reader }
    }
}

impl<R: BufRead> Iterator for Documents<R> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut scan = Scan::default();
        let mut document = Vec::new();
        loop {
            let chunk = match self.reader.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Some(Err(error)),
            };
            if chunk.is_empty() {
                return (scan.state != State::Between).then_some(Ok(document));
            }
            let end = chunk.iter().position(|byte| scan.ends_with(*byte));
            let taken = end.map_or(chunk.len(), |last| last + 1);
            document.extend_from_slice(chunk.get(..taken).unwrap_or_default());
            self.reader.consume(taken);
            if end.is_some() {
                return Some(Ok(document));
            }
        }
    }
}

/// Where in a document the scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Before it.
    #[default]
    Between,
    /// In an object, outside of any text.
    Structure,
    /// In a text.
    Text,
    /// After a backslash in a text.
    Escaped,
    /// In a line that is no object.
    Line,
}

/// How far a document was scanned.
#[derive(Default)]
struct Scan {
    state: State,
    depth: usize,
}

impl Scan {
    /// Takes in the next byte; returns whether the document ends with it.
    fn ends_with(&mut self, byte: u8) -> bool {
        self.state = match (self.state, byte) {
            (State::Between, b' ' | b'\t' | b'\r' | b'\n') => State::Between,
            (State::Between | State::Structure, b'{' | b'[') => {
                self.depth += 1;
                State::Structure
            }
            (State::Between, _) | (State::Line, _) => State::Line,
            (State::Structure, b'}' | b']') => {
                self.depth -= 1;
                State::Structure
            }
            (State::Structure, b'"') => State::Text,
            (State::Structure, _) => State::Structure,
            (State::Text, b'"') => State::Structure,
            (State::Text, b'\\') => State::Escaped,
            (State::Text | State::Escaped, _) => State::Text,
        };
        match self.state {
            State::Structure => self.depth == 0,
            State::Line => byte == b'\n',
            State::Between | State::Text | State::Escaped => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits a text that is read in pieces of this many bytes.
    fn split(text: &str, piece: usize) -> Vec<String> {
        let reader = io::BufReader::with_capacity(piece, text.as_bytes());
        let documents = Documents::new(reader).map(|document| document.expect("memory can be read"));
        documents.map(|document| String::from_utf8(document).expect("text").trim().to_owned()).collect()
    }

    #[test]
    fn documents_are_split_wherever_the_stream_is_cut() {
        let texts = [r#"{"a": "}\"{"}"#, "{\n  \"b\": [{}, \"\\\\\"]\n}", "{}", "oops", r#"{"c": 1}"#, "[1]"];
        for separator in ["\n", "\n\n \t"] {
            let text = texts.join(separator);
            for piece in [1, 2, 3, 7, 4096] {
                assert_eq!(split(&text, piece), texts, "{piece}");
            }
        }
        assert_eq!(split("{}{}\n", 4), ["{}", "{}"]);
        assert_eq!(split(" \n", 4), [""; 0]);
    }

    #[test]
    fn what_is_cut_short_is_a_document_too() {
        assert_eq!(split("{} {\"a\": [", 4), ["{}", "{\"a\": ["]);
        assert_eq!(split("{} x", 4), ["{}", "x"]);
    }
}
