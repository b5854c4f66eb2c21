//! Diagnostics as text for people: each with the lines that it is about.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

use crate::diagnostic::{Diagnostic, Place, Related};
use crate::source::Source;

/// The widest line that a terminal of 100 columns shows whole; lines of a spec are shown as they are.
const WIDTH: usize = 100;

/// How many bytes of a text are shown at once: a line of this length is a document without line ends, and to lay it out for
/// each mistake in it would take longer than to find them all.
const LONGEST: usize = 20_000;

/// How many bytes are shown before and behind a place in such a line.
const AROUND: usize = 60;

/// Whether the text has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Terminal colours.
    Always,
    /// None.
    Never,
}

/// How bad it is.
#[derive(Debug, Clone, Copy)]
enum Severity {
    /// The spec is refused.
    Error,
    /// The spec is taken.
    Warning,
}

/// Returns the diagnostics as text, each with its lines of the sources that they were made from, and a count at
/// the end.
pub fn render(diagnostics: &[Diagnostic], sources: &[Source], colour: Colour) -> String {
    let mut text = rendered(diagnostics, sources, colour, Severity::Error);
    match diagnostics.len() {
        0 => {}
        1 => text.push_str("1 mistake\n"),
        count => text.push_str(&format!("{count} mistakes\n")),
    }
    text
}

/// Returns warnings as text, each with its lines of the sources that they were made from.
pub fn render_warnings(warnings: &[Diagnostic], sources: &[Source], colour: Colour) -> String {
    rendered(warnings, sources, colour, Severity::Warning)
}

fn rendered(diagnostics: &[Diagnostic], sources: &[Source], colour: Colour, severity: Severity) -> String {
    let renderer = match colour {
        Colour::Always => Renderer::styled(),
        Colour::Never => Renderer::plain(),
    };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&[group(diagnostic, sources, severity)]));
        text.push_str("\n\n");
    }
    text
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a [Source], severity: Severity) -> Group<'a> {
    let Diagnostic { place, message, help, related } = diagnostic;
    let (level, word) = match severity {
        Severity::Error => (Level::ERROR, "error"),
        Severity::Warning => (Level::WARNING, "warning"),
    };
    let mut group = Group::with_title(level.primary_title(wrap(message, WIDTH - word.len() - ": ".len())));
    let mut here = vec![(place, None)];
    let mut elsewhere = Vec::new();
    for Related { place: other, message } in related {
        let same = other.span.source == place.span.source;
        if same { &mut here } else { &mut elsewhere }.push((other, Some(message.as_str())));
    }
    group = add_snippet(group, &here, sources);
    for other in elsewhere {
        group = add_snippet(group, &[other], sources);
    }
    let last_line =
        std::iter::once(place).chain(related.iter().map(|other| &other.place)).map(|place| place.line);
    let gutter = last_line.max().unwrap_or(0).to_string().len() + " = help: ".len();
    group.element(Level::HELP.message(wrap(help, WIDTH.saturating_sub(gutter))))
}

/// Returns the text with line breaks, so that no line is wider than `width` columns. What stands in backticks is to be
/// copied and stays in one piece.
fn wrap(text: &str, width: usize) -> String {
    let options = Options::new(width)
        .break_words(false)
        .word_separator(WordSeparator::Custom(words))
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::fill(text, options)
}

/// Returns the words of a line: it may be broken at blanks outside of backticks.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut is_code = false;
    let is_end = move |character| {
        is_code ^= character == '`';
        character == ' ' && !is_code
    };
    Box::new(line.split_inclusive(is_end).map(Word::from))
}

/// Adds the lines of these places, all of one source; the one without a label is the mistake itself.
fn add_snippet<'a>(
    group: Group<'a>,
    places: &[(&'a Place, Option<&'a str>)],
    sources: &'a [Source],
) -> Group<'a> {
    let Some((first, _)) = places.first() else { return group };
    // An empty text is shown as the empty line that it is.
    let text =
        sources.get(first.span.source).map(|source| source.text.as_str()).filter(|text| !text.is_empty());
    let text = text.unwrap_or("\n");
    let ends = |place: &Place| on_one_line(text, place.bytes());
    let begin = places.iter().map(|(place, _)| ends(place).start).min().unwrap_or(0);
    let end = places.iter().map(|(place, _)| ends(place).end).max().unwrap_or(0);
    // What is missing at the end is shown behind the last line.
    let last = text.strip_suffix('\n').filter(|_| begin == text.len());
    let lines = whole_lines(text, last.map_or(begin, str::len)..end);
    if lines.len() > LONGEST {
        return places.iter().fold(group, |group, (place, label)| add_piece(group, place, *label, text));
    }
    let line = places.iter().map(|(place, _)| place.line).min().unwrap_or(1);
    let line = if last.is_some() { line.saturating_sub(1).max(1) } else { line };
    let annotations = places.iter().map(|(place, label)| annotation(within(&ends(place), &lines), *label));
    let shown = text.get(lines.clone()).unwrap_or(text);
    let snippet = Snippet::source(shown).line_start(line).path(in_one_line(&first.file));
    group.element(snippet.annotations(annotations))
}

/// Adds the line of one place of a long text, or what is around the place where the line itself is long.
fn add_piece<'a>(group: Group<'a>, place: &'a Place, label: Option<&'a str>, text: &'a str) -> Group<'a> {
    let range = on_one_line(text, place.bytes());
    let line = whole_lines(text, range.clone());
    if line.len() <= LONGEST {
        let annotation = annotation(within(&range, &line), label);
        let shown = text.get(line).unwrap_or_default();
        return group.element(
            Snippet::source(shown)
                .line_start(place.line)
                .path(in_one_line(&place.file))
                .annotation(annotation),
        );
    }
    let start = text.floor_char_boundary(range.start.saturating_sub(AROUND)).max(line.start);
    let end = text.floor_char_boundary(range.end.min(range.start + AROUND) + AROUND).min(line.end);
    let piece = start..end.max(start);
    let marked = range.start..range.end.min(piece.end);
    let shown = text.get(piece.clone()).unwrap_or_default();
    let origin = Origin::path(in_one_line(&place.file)).line(place.line).char_column(place.column);
    let annotation = annotation(within(&marked, &piece), label);
    group.element(origin).element(Snippet::source(shown).line_start(place.line).annotation(annotation))
}

/// Returns the name of a file with its control characters written out: a part of it in a line of its own would look like another
/// message, and a terminal would obey some.
fn in_one_line(name: &str) -> Cow<'_, str> {
    if !name.contains(char::is_control) {
        return Cow::Borrowed(name);
    }
    let mut shown = String::new();
    for c in name.chars() {
        if c.is_control() { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

fn annotation<'a>(range: Range<usize>, label: Option<&'a str>) -> Annotation<'a> {
    match label {
        None => AnnotationKind::Primary.span(range),
        Some(label) => AnnotationKind::Context.span(range).label(label),
    }
}

/// Returns a range of a text as one of a part of it.
fn within(range: &Range<usize>, part: &Range<usize>) -> Range<usize> {
    range.start.saturating_sub(part.start)..range.end.saturating_sub(part.start)
}

/// Returns the lines that a range lies on: whole, or more than is shown of them.
fn whole_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let is_end = |c: char| matches!(c, '\n' | '\r');
    let first = text.floor_char_boundary(range.start.saturating_sub(LONGEST));
    let last = text.floor_char_boundary(range.end.saturating_add(LONGEST + 1));
    let before = text.get(first..range.start).unwrap_or_default();
    let after = text.get(range.end..last).unwrap_or_default();
    let start = before.rfind(is_end).map_or(first, |at| first + at + 1);
    let end = after.find(is_end).map_or(last, |at| range.end + at);
    start..end
}

/// Returns the part of a range that lies on its first line, on the borders of characters and within the text.
fn on_one_line(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    let end = text.floor_char_boundary(range.end.max(start));
    let marked = text.get(start..end).unwrap_or_default();
    start..marked.find(['\n', '\r']).map_or(end, |length| start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks_and_never_within_backticks() {
        let text = "did you mean `spoofCheck`? write `{a: 1, b: 2}` or `default`, and no more";
        let wrapped = wrap(text, 26);
        assert_eq!(wrapped, "did you mean `spoofCheck`?\nwrite `{a: 1, b: 2}` or\n`default`, and no more");
        assert_eq!(wrap(text, 1000), text);
        for short in ["", "a", "a b"] {
            assert_eq!(wrap(short, 26), short);
        }
    }
}
