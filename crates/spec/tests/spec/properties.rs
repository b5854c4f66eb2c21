//! Promises for all inputs.

use proptest::prelude::*;
use vfctl_kinds::document::violations;
use vfctl_kinds::path::ListsFor;
use vfctl_spec::{Colour, Diagnostic, Place, Source, emit, load, render};

use crate::documents::{FULL, load_text};
use crate::generate::document;

/// Pieces that YAML gives a meaning to.
const PIECES: &[&str] = &[
    " ",
    "\n",
    "\n  ",
    "\t",
    ":",
    ": ",
    "-",
    "- ",
    "?",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "#",
    " #",
    "&",
    "&a ",
    "*",
    "*a ",
    "!",
    "!!str ",
    "|",
    "|-\n",
    ">",
    "'",
    "\"",
    "%",
    "@",
    "`",
    "---\n",
    "...\n",
    "<<: ",
    "\\",
    "\r\n",
    "\r",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\0",
    "é",
    "\u{1f980}",
    "~",
    "null",
    "0",
    "08",
    "on",
    "52:54:00:12:34:56",
    "default",
];

/// A piece that YAML gives a meaning to.
pub(crate) fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(PIECES)
}

/// The full spec after some edits of the kind that slip in, or pieces alone.
fn text() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), piece(), 0_usize..12);
    let edited = prop::collection::vec(edit, 0..6).prop_map(|edits| {
        let mut text: Vec<char> = FULL.chars().collect();
        for (at, piece, removed) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, piece.chars());
        }
        text.into_iter().collect()
    });
    let pieces = prop::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat());
    prop_oneof![4 => edited, 1 => pieces, 1 => any::<String>()]
}

pub(crate) fn lies_within(place: &Place, text: &str) {
    let bytes = place.bytes();
    assert!(bytes.start <= bytes.end && bytes.end <= text.len(), "{place} {bytes:?}");
    assert!(text.is_char_boundary(bytes.start) && text.is_char_boundary(bytes.end), "{place} {bytes:?}");
    let before = &text[..bytes.start];
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    let normal = before.replace("\r\n", "\n").replace('\r', "\n");
    let line = normal.matches('\n').count() + 1;
    let column = normal.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    assert_eq!((place.line, place.column), (line, column), "{bytes:?}");
}

/// Texts that once had places outside of them, or on other lines.
#[test]
fn places_lie_within_texts_that_once_were_trouble() {
    for text in ["\n\u{feff}: ", "%`{*}\"?[\u{85}a [*}\"`", ":\n- !%", "\u{feff}\u{feff}:"] {
        check_places(text.to_owned());
    }
}

fn check_places(text: String) {
    let sources = [Source { name: "any.yaml".to_owned(), text }];
    let reported = match load(&sources) {
        Ok(set) => {
            assert!(!set.documents.is_empty());
            return;
        }
        Err(reported) => reported,
    };
    assert!(!reported.is_empty());
    for Diagnostic { place, message, help, related } in &reported {
        assert!(!message.is_empty() && !help.is_empty(), "{message}");
        lies_within(place, &sources[0].text);
        related.iter().for_each(|related| lies_within(&related.place, &sources[0].text));
    }
    render(&reported, &sources, Colour::Never);
    render(&reported, &sources, Colour::Always);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_taken_or_reported_with_places_within_it(text in text()) {
        check_places(text);
    }

    #[test]
    fn what_is_emitted_loads_as_the_same(config in document()) {
        prop_assert_eq!(violations(&[&config], ListsFor::EveryHost), vec![]);
        let text = emit(&config).expect("a text");
        let set = load_text(&text).map_err(|reported| TestCaseError::fail(format!("{reported:#?}\n{text}")))?;
        prop_assert_eq!(&set.documents[0].config, &config, "{}", text);
        // The same input gives the same bytes.
        prop_assert_eq!(emit(&set.documents[0].config).expect("a text"), text);
    }
}
