//! JSON in quotes over several lines, indented as people write it: kubectl takes lines that are no deeper than the key, and
//! YAML's specification does not.

/// Returns a text in which JSON in quotes stands on one line, byte for byte in the same place; `None` where none lies over
/// several lines. A line end there means no more than a blank.
pub(super) fn joined(text: &str) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let mut is_joined = false;
    let mut at = 0;
    while let Some((start, quote)) = opened(text, at) {
        let end = closed(text, start, quote).unwrap_or(text.len());
        for byte in bytes.get_mut(start..end).unwrap_or_default() {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
                is_joined = true;
            }
        }
        at = end;
    }
    is_joined.then(|| String::from_utf8(bytes).ok()).flatten()
}

/// Returns where JSON in quotes begins as the value of a key, behind its quote, and that.
fn opened(text: &str, from: usize) -> Option<(usize, u8)> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| {
        let [b' ', quote @ (b'\'' | b'"'), b'{' | b'[' | b'\r' | b'\n'] = bytes.get(at..at + 3)? else {
            return None;
        };
        let before = bytes.get(..at)?.trim_ascii_end();
        before.ends_with(b":").then_some((at + 2, *quote))
    })
}

/// Returns where a text in such quotes ends that begins there.
fn closed(text: &str, start: usize, quote: u8) -> Option<usize> {
    let mut bytes = text.bytes().enumerate().skip(start).peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' if quote == b'"' => drop(bytes.next()),
            // Two single quotes stand for one.
            b'\'' if quote == b'\'' && bytes.next_if(|(_, next)| *next == b'\'').is_some() => {}
            byte if byte == quote => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_quotes_is_put_on_one_line_and_nothing_else() {
        for (text, wanted) in [
            ("a: '{\n}'\nb:\n- c\n", Some("a: '{ }'\nb:\n- c\n")),
            ("a: \"{\r\n\\\"}\n\"\nb: c", Some("a: \"{  \\\"} \"\nb: c")),
            ("a: '[''\n'']\n'\nb: '{\n'", Some("a: '['' ''] '\nb: '{ '")),
            ("a: '\n{}'", Some("a: ' {}'")),
            ("a: '{", None),
            ("a: '{}'\nb: 'c\nd'", None),
            ("'a':\n  '{}'\nb: c '{\n", None),
            ("a: 'ä{\n}'", None),
        ] {
            assert_eq!(joined(text).as_deref(), wanted, "{text:?}");
        }
    }
}
