//! Words that documents do not use: a reader who has never met the project understands each sentence at first reading.

use crate::repository::{FILES, File, assert_none};

/// Documents, by what their paths begin with.
const DOCUMENTS: [&str; 5] = ["docs/", "examples/", "testbed/README.md", "README.md", "CHANGELOG.md"];

/// Old or literary words.
const WORDS: [&str; 8] = ["nobody", "whom", "whoever", "is none", "anew", "tell of", "tells of", "told of"];

/// Returns the text of a document that people wrote: its fenced blocks are empty lines.
fn prose(text: &str) -> String {
    let mut inside = false;
    let kept = text.lines().map(|line| {
        let is_fence = line.trim_start().starts_with("```");
        inside ^= is_fence;
        if inside || is_fence { "" } else { line }
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// Returns the lines at which a document has one of the words. A pair of words may have a line's end between.
fn found(File { path, text }: &File) -> Vec<String> {
    let text = format!("\n{}\n", prose(text).to_lowercase());
    let spaced: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    // Both have the same characters, of which one is above the first line.
    let line = |at: usize| text.chars().take(spaced[..=at].chars().count()).filter(|c| *c == '\n').count();
    let at_lines = |word: &str| {
        let wanted = format!(" {word} ");
        let places = spaced.match_indices(&wanted).map(|(at, _)| line(at));
        places.map(|line| format!("{path}:{line}: {word}")).collect::<Vec<_>>()
    };
    WORDS.iter().flat_map(|word| at_lines(word)).collect()
}

#[test]
fn documents_have_no_old_words() {
    let pages = FILES.iter().filter(|file| file.path.ends_with(".md"));
    let pages = pages.filter(|file| DOCUMENTS.iter().any(|begin| file.path.starts_with(begin)));
    let flaws: Vec<String> = pages.flat_map(found).collect();
    assert_none(&flaws, "documents say it in plain words");
}

#[test]
fn a_word_is_found_wherever_it_stands() {
    let lines = |text: &str| found(&File::new("a.md", text)).len();
    assert_eq!(lines("Nobody knows.\n"), 1);
    assert_eq!(found(&File::new("a.md", "Wörter …\n\nNobody knows.\n")), ["a.md:3: nobody"]);
    assert_eq!(lines("of which there\nis\nnone, to\nwhom\n"), 2);
    assert_eq!(lines("```console\nnobody\n```\nWhomsoever is nonexistent\n"), 0);
}
