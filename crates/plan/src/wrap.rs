//! Breaks lines at 100 columns.

/// The widest line, in characters.
const WIDTH: usize = 100;

/// Returns the content as lines of at most 100 characters, indented by `indent`, later lines by four more.
/// A word that is longer than a line is broken at commas, or else anywhere.
pub(crate) fn wrap(content: &str, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = " ".repeat(indent);
    let mut length = indent;
    let mut fresh = true;
    for word in content.split(' ') {
        for piece in pieces(word, WIDTH - indent - 4) {
            let gap = usize::from(!fresh);
            let size = piece.chars().count();
            if !fresh && length + gap + size > WIDTH {
                lines.push(std::mem::replace(&mut current, " ".repeat(indent + 4)));
                length = indent + 4;
                fresh = true;
            }
            if !fresh {
                current.push(' ');
                length += 1;
            }
            current.push_str(&piece);
            length += size;
            fresh = false;
        }
    }
    lines.push(current);
    lines
}

/// Breaks a word that is longer than `room` after commas, or else anywhere.
fn pieces(word: &str, room: usize) -> Vec<String> {
    if word.chars().count() <= room {
        return vec![word.to_owned()];
    }
    let mut pieces = Vec::new();
    let mut current = String::new();
    let mut length = 0;
    for part in word.split_inclusive(',') {
        for character in part.chars() {
            if length == room {
                pieces.push(std::mem::take(&mut current));
                length = 0;
            }
            current.push(character);
            length += 1;
        }
        if length + 16 > room {
            pieces.push(std::mem::take(&mut current));
            length = 0;
        }
    }
    if !current.is_empty() {
        pieces.push(current);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_within_100_columns_and_lose_nothing() {
        let set = (0..400).map(|n| (2 * n).to_string()).collect::<Vec<_>>().join(",");
        let content = format!("vf {set}: vlan: none -> 100 {}", "word ".repeat(40));
        let lines = wrap(&content, 6);
        assert!(lines.iter().all(|line| line.chars().count() <= 100), "{lines:#?}");
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(plain(&lines.concat()), plain(&content));
    }
}
