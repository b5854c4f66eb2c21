//! Rust text with comments, texts and tests blanked out, so that words in them are not taken for code.
//!
//! A scanner and no parser: it knows where comments, literals and braces are, and nothing of types.

use std::ops::Range;

/// Returns the text with the insides of comments, strings and characters as blanks; lines stay where they are.
pub(crate) fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = end_of_literal(bytes, at);
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + 1);
    }
    String::from_utf8(out).expect("blanks are ASCII")
}

/// Returns where the comment or literal that begins here ends; `at` where none begins.
fn end_of_literal(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let find = |from: usize, what: &[u8]| {
        let found = rest[from..].windows(what.len()).position(|window| window == what);
        found.map_or(bytes.len(), |position| at + from + position + what.len())
    };
    if rest.starts_with(b"//") {
        return find(0, b"\n").saturating_sub(1).max(at);
    }
    if rest.starts_with(b"/*") {
        return find(2, b"*/");
    }
    let in_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    let raw = rest.strip_prefix(b"b").unwrap_or(rest);
    if let Some(hashed) = raw.strip_prefix(b"r").filter(|_| !in_word) {
        let hashes = hashed.iter().take_while(|byte| **byte == b'#').count();
        if hashed.get(hashes) == Some(&b'"') {
            let opening = rest.len() - hashed.len() + hashes + 1;
            return find(opening, &[b"\"".as_slice(), &b"#".repeat(hashes)].concat());
        }
    }
    match rest {
        [b'"', ..] => at + 1 + length_to(&rest[1..], b'"'),
        // A character, and not the name of a lifetime.
        [b'\'', b'\\', ..] => at + 1 + length_to(&rest[1..], b'\''),
        [b'\'', ..] => {
            let character = std::str::from_utf8(&rest[1..]).ok().and_then(|text| text.chars().next());
            let width = character.map_or(1, char::len_utf8);
            if rest.get(1 + width) == Some(&b'\'') { at + width + 2 } else { at }
        }
        _ => at,
    }
}

/// Returns how far it is past the closing quote.
fn length_to(bytes: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Returns the code without items under `#[cfg(test)]`.
pub(crate) fn shipped_code(text: &str) -> String {
    let mut code = code(text);
    while let Some(start) = code.find("#[cfg(test)]") {
        let rest = &code[start..];
        let opens = rest.find(['{', ';']).map_or(code.len(), |offset| start + offset);
        let end = if code[opens..].starts_with('{') {
            block(&code, opens).end
        } else {
            (opens + 1).min(code.len())
        };
        let blank: String = code[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        code.replace_range(start..end, &blank);
    }
    code
}

/// Returns the block whose brace opens at `open`, both braces included; `code` has no literals.
pub(crate) fn block(code: &str, open: usize) -> Range<usize> {
    let mut depth = 0_usize;
    for (offset, byte) in code[open..].bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return open..open + offset + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    open..code.len()
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// How many lines its body has, braces not counted where they stand alone.
    pub(crate) lines: usize,
}

/// Returns the functions that have a body.
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let follows_word = code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let Some(opens) = code[at..].find(['{', ';']).map(|offset| at + offset) else { continue };
        if follows_word || name.is_empty() || code[opens..].starts_with(';') {
            continue;
        }
        let body = &code[block(code, opens)];
        let lines = body.trim_matches(['{', '}']).lines().filter(|line| !line.trim().is_empty()).count();
        found.push(Function { name, lines });
    }
    found
}

/// Returns the number of the line that a place is in, from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[test]
fn comments_and_literals_are_no_code() {
    for (text, expected) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b\n */ c", "a     \n    c"),
        (r#"f("x\"y") + g"#, "f(      ) + g"),
        ("f(r#\"x\"y\"#)", "f(         )"),
        ("f(b\"x\")", "f(b   )"),
        ("'a' 'ä' '\\'' &'a str", "             &'a str"),
        ("for_r\"x\"", "for_r   "),
    ] {
        let blanked = code(text);
        assert_eq!(
            blanked.split_whitespace().collect::<Vec<_>>(),
            expected.split_whitespace().collect::<Vec<_>>(),
            "{text}"
        );
        assert_eq!(blanked.len(), text.len(), "{text}");
    }
}

#[test]
fn tests_are_not_shipped() {
    let text =
        "fn a() { b }\n#[cfg(test)]\nmod tests { fn c() { \"}\" } }\nfn d() {}\n#[cfg(test)]\nmod tests;\n";
    let shipped = shipped_code(text);
    assert!(shipped.contains("fn a()") && shipped.contains("fn d()"), "{shipped}");
    assert!(!shipped.contains("fn c()") && !shipped.contains("mod tests"), "{shipped}");
}

#[test]
fn functions_are_measured_by_their_bodies() {
    let code = "trait T { fn none(&self); }\nfn one() -> u8 { 1 }\nfn two(x: u8) {\n    x;\n\n    x\n}\n";
    let expected = [("one", 1), ("two", 2)].map(|(name, lines)| Function { name: name.to_owned(), lines });
    assert_eq!(functions(code), expected);
}
