//! Translations: each page of `docs/zh` shows the same commands, specs and output as the page that it translates.

use crate::repository::{FILES, File, assert_none};

/// Where translations are, and the folder of what they translate.
const TRANSLATED: (&str, &str) = ("docs/zh/", "docs/");

/// The pages that must be translated, by what their paths begin with.
const MUST_BE: [&str; 2] = ["docs/tutorial.md", "docs/how-to/"];

/// Returns the fenced blocks of a document, each with the line of its fence.
fn blocks(text: &str) -> Vec<String> {
    let (mut blocks, mut inside) = (Vec::new(), false);
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        if is_fence && !inside {
            blocks.push(String::new());
        }
        if inside || is_fence {
            blocks.last_mut().unwrap().extend([line, "\n"]);
        }
        inside ^= is_fence;
    }
    blocks
}

/// Returns what a translation shows that the original does not, or shows otherwise.
fn differences(translation: &File, original: Option<&File>) -> Vec<String> {
    let Some(original) = original else { return vec![format!("{}: translates nothing", translation.path)] };
    let (shown, wanted) = (blocks(&translation.text), blocks(&original.text));
    if let Some((shown, wanted)) = shown.iter().zip(&wanted).find(|(shown, wanted)| shown != wanted) {
        return vec![format!("{}: shows\n{shown}where {} shows\n{wanted}", translation.path, original.path)];
    }
    let lengths = (shown.len(), wanted.len());
    let differ = lengths.0 != lengths.1;
    differ
        .then(|| format!("{}: {} blocks instead of {}", translation.path, lengths.0, lengths.1))
        .into_iter()
        .collect()
}

fn page(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

#[test]
fn every_translation_shows_what_its_original_shows() {
    let pages = FILES.iter().filter(|file| file.path.ends_with(".md"));
    let translations = pages.clone().filter_map(|file| Some((file, file.path.strip_prefix(TRANSLATED.0)?)));
    let mut flaws: Vec<String> = translations
        .flat_map(|(file, name)| differences(file, page(&format!("{}{name}", TRANSLATED.1))))
        .collect();
    let wanted = pages.filter(|file| MUST_BE.iter().any(|begin| file.path.starts_with(begin)));
    for File { path, text: _ } in wanted {
        let translation = path.replacen(TRANSLATED.1, TRANSLATED.0, 1);
        if page(&translation).is_none() {
            flaws.push(format!("{path}: there is no {translation}"));
        }
    }
    assert_none(&flaws, "English and Chinese pages show the same commands");
    assert!(page("docs/zh/tutorial.md").is_some(), "the tutorial is not translated");
}

#[test]
fn another_command_or_a_missing_one_is_a_difference() {
    let file = |text: &str| File::new("a.md", text);
    let original = file("Text\n```console\n$ a\n```\nMore\n```yaml\nb: c\n```\n");
    assert_eq!(blocks(&original.text), ["```console\n$ a\n```\n", "```yaml\nb: c\n```\n"]);
    let same = file("Other text\n```console\n$ a\n```\n```yaml\nb: c\n```\n");
    assert_eq!(differences(&same, Some(&original)), [""; 0]);
    for other in ["```console\n$ a\n```\n", "```console\n$ a\n```\n```yaml\nb: d\n```\n"] {
        assert_eq!(differences(&file(other), Some(&original)).len(), 1, "{other}");
    }
    assert_eq!(differences(&original, None).len(), 1);
}
