//! How shipped code fails: with types, and never by panic.

use crate::repository::{FILES, File, assert_none};
use crate::rust_source::{line_of, shipped_code};

/// Returns the public functions whose error is a mere text.
fn textual_errors(files: &[File]) -> Vec<String> {
    let mut flaws = Vec::new();
    for file in files.iter().filter(|file| file.is_shipped_rust()) {
        let code = shipped_code(&file.text);
        for (at, _) in code.match_indices("Result<") {
            let arguments = type_arguments(&code[at + "Result<".len()..]);
            if is_in_public_signature(&code, at)
                && arguments.len() == 2
                && matches!(arguments[1], "String" | "&'static str" | "&str")
            {
                flaws.push(format!("{}:{}: Result<_, {}>", file.path, line_of(&code, at), arguments[1]));
            }
        }
    }
    flaws
}

/// Returns whether a place is in the signature of a function that others may call.
fn is_in_public_signature(code: &str, at: usize) -> bool {
    let Some(function) = code[..at].rfind("fn ") else { return false };
    let line = code[..function].rfind('\n').map_or(0, |end| end + 1);
    !code[function..at].contains(['{', ';']) && code[line..].trim_start().starts_with("pub")
}

/// Splits what follows `<` at the commas of its own level.
fn type_arguments(code: &str) -> Vec<&str> {
    let (mut depth, mut start, mut arguments) = (0_usize, 0, Vec::new());
    for (at, character) in code.char_indices() {
        match character {
            '<' | '(' | '[' => depth += 1,
            '>' if code[..at].ends_with('-') => {}
            '>' if depth == 0 => {
                arguments.push(code[start..at].trim());
                return arguments.into_iter().filter(|argument| !argument.is_empty()).collect();
            }
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                arguments.push(code[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    arguments
}

/// Returns where shipped code may panic by its own word.
fn panics(files: &[File]) -> Vec<String> {
    let mut flaws = Vec::new();
    for file in files.iter().filter(|file| file.is_shipped_rust()) {
        let code = shipped_code(&file.text);
        for word in [".unwrap()", ".expect(", "panic!(", "unreachable!("] {
            let found = code.match_indices(word);
            flaws.extend(found.map(|(at, _)| format!("{}:{}: {word}", file.path, line_of(&code, at))));
        }
    }
    flaws
}

#[test]
fn shipped_code_has_no_text_for_an_error() {
    assert_none(
        &textual_errors(&FILES),
        "an error is a type: one variant for each thing a person can do about it",
    );
    let fails = |code: &str| textual_errors(&[File::new("crates/a/src/b.rs", code)]).len();
    assert_eq!(fails("pub fn a() -> Result<BTreeMap<u8, String>, String> {}"), 1);
    assert_eq!(fails("pub fn a() -> Result<\n    impl Fn(u8) -> u8,\n    String,\n> {}"), 1);
    assert_eq!(fails("pub fn a() -> Result<String, Error> {} // Result<(), String>"), 0);
    assert_eq!(fails("pub fn a() { let b: Result<(), String>; }\nfn c() -> Result<(), String> {}"), 0);
    assert_eq!(fails("#[cfg(test)]\nmod tests { pub fn a() -> Result<(), String> {} }"), 0);
}

#[test]
fn shipped_code_does_not_panic_by_its_own_word() {
    assert_none(&panics(&FILES), "no unwrap, expect or panic in shipped code");
    let fails = |code: &str| panics(&[File::new("crates/a/src/b.rs", code)]).len();
    assert_eq!(fails("fn a() { b.unwrap(); c.expect(\"d\") }"), 2);
    assert_eq!(fails("#[expect(dead_code)]\nfn a() { b.unwrap_or(c) } // .unwrap()"), 0);
}
