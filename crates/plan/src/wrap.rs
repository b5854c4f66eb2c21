//! Breaks lines at 100 columns.

use std::borrow::Cow;

use textwrap::core::{Word, display_width};
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// The widest line, in columns.
const WIDTH: usize = 100;

/// A word that takes more columns than this is a list, and may be broken after its commas.
const LONGEST_WORD: usize = 80;

/// Returns the content as lines of at most 100 columns, indented by `indent`, later lines by four more.
/// A word that is longer than a line is broken at commas, or else anywhere.
pub(crate) fn wrap(content: &str, indent: usize) -> Vec<String> {
    let (first, later) = (" ".repeat(indent), " ".repeat(indent + 4));
    let options = Options::new(WIDTH)
        .initial_indent(&first)
        .subsequent_indent(&later)
        .word_separator(WordSeparator::Custom(words))
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(content, options).into_iter().map(Cow::into_owned).collect()
}

/// Returns the parts of a line that a line break may separate.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    Box::new(line.split_inclusive(' ').flat_map(|word| {
        let is_list = display_width(word) > LONGEST_WORD;
        word.split_inclusive(move |character| is_list && character == ',').map(Word::from)
    }))
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

    #[test]
    fn later_lines_are_indented_and_lists_end_with_a_comma() {
        let set = |count| "1000,".repeat(count);
        let lines = wrap(&format!("vf {}", set(30)), 2);
        assert_eq!(lines, [format!("  vf {}", set(19)), format!("      {}", set(11))]);
    }

    #[test]
    fn words_are_broken_only_where_they_are_longer_than_a_line() {
        let (long, short) = ("x".repeat(150), "a,".repeat(25));
        let lines = wrap(&format!("{long} {short}"), 0);
        assert_eq!(lines, ["x".repeat(96), format!("    {}", "x".repeat(54)), format!("    {short}")]);
    }
}
