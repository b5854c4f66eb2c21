//! Colours for plans and reports: each line by the symbol or word that it begins with, so that the text says the same
//! without them. What a terminal would obey is shown instead: names of processes and texts of objects are other people's.

use clap::builder::styling::{AnsiColor, Effects, Style};
use vfctl_view::harmless;

/// Returns the text with colours, or as it is; harmless either way.
pub(crate) fn paint(text: &str, has_colours: bool) -> String {
    let text = harmless(text);
    if !has_colours {
        return text.into_owned();
    }
    text.split_inclusive('\n').map(painted).collect()
}

fn painted(line: &str) -> String {
    let content = line.trim_end_matches('\n');
    let end = line.get(content.len()..).unwrap_or_default();
    let start = content.trim_start();
    let blanks = content.get(..content.len() - start.len()).unwrap_or_default();
    match style(start) {
        Some(style) => format!("{blanks}{style}{start}{style:#}{end}"),
        None => line.to_owned(),
    }
}

/// Returns how a line that begins so is shown.
fn style(line: &str) -> Option<Style> {
    let colour = |colour: AnsiColor| Some(Style::new().fg_color(Some(colour.into())));
    let bold = |colour: AnsiColor| Some(Style::new().fg_color(Some(colour.into())).effects(Effects::BOLD));
    let begins = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
    match () {
        () if begins(&["+ "]) => colour(AnsiColor::Green),
        () if begins(&["~ "]) => colour(AnsiColor::Yellow),
        () if begins(&["- "]) => colour(AnsiColor::Red),
        () if begins(&["! ", "error:", "refused:", "failed to ", "verification failed", "no answer on "]) => {
            bold(AnsiColor::Red)
        }
        () if begins(&["Plan blocked", "Not converged", "Interrupted", "Broken at"]) => bold(AnsiColor::Red),
        () if begins(&["Applied:", "No changes.", "The chain holds."]) => bold(AnsiColor::Green),
        () if begins(&["Plan: ", "host "]) => Some(Style::new().effects(Effects::BOLD)),
        () if begins(&["held:", "note:"]) => colour(AnsiColor::Cyan),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        assert_eq!(paint("\u{1b}[2J\n", false), "\\u{1b}[2J\n");
        assert!(paint("+ a\u{1b}[0m\n", true).contains("a\\u{1b}[0m"));
    }

    #[test]
    fn lines_are_coloured_by_their_symbol_and_read_the_same_without() {
        let text = "host lab: a\n  eth0\n      + count: 0 -> 2\n        ! disrupts vf 0: x\nNo changes.\n";
        assert_eq!(paint(text, false), text);
        let coloured = paint(text, true);
        assert!(coloured.contains("      \u{1b}[32m+ count: 0 -> 2\u{1b}[0m\n"), "{coloured:?}");
        assert!(coloured.contains("  eth0\n"), "{coloured:?}");
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            rest = after.split_once('m').map_or("", |(_, after)| after);
        }
        assert_eq!(plain + rest, text);
    }
}
