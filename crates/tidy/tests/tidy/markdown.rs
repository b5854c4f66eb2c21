//! Documents: their console blocks and their links.

use std::path::Path;

use crate::repository::{FILES, File, ROOT, assert_none};

/// A command of a console block, with what it is said to print.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The number of its line in the document.
    pub(crate) line: usize,
    /// The command, without `$`.
    pub(crate) command: String,
    /// The lines below it, up to the next command; empty where nothing is shown.
    pub(crate) output: String,
}

/// Returns the commands of all console blocks.
pub(crate) fn commands(text: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let (mut inside, mut in_block) = (false, false);
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block && line.trim_start().starts_with("```console");
            inside = false;
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| in_block) {
            inside = true;
            shown.push(Shown { line: number + 1, command: command.trim().to_owned(), output: String::new() });
        } else if let Some(last) = shown.last_mut().filter(|_| inside) {
            last.output.push_str(line);
            last.output.push('\n');
        }
    }
    shown
}

/// Returns the documents.
pub(crate) fn documents() -> impl Iterator<Item = &'static File> {
    FILES.iter().filter(|file| file.path.ends_with(".md"))
}

/// Returns the relative links of a document, without what follows `#`.
fn links(text: &str) -> Vec<&str> {
    let ends = text.match_indices("](").filter_map(|(at, _)| text[at + 2..].split_once(')'));
    let targets = ends.map(|(target, _)| target.split('#').next().unwrap());
    targets.filter(|target| !target.is_empty() && !target.contains("://")).collect()
}

#[test]
fn every_link_leads_to_a_file() {
    let mut flaws = Vec::new();
    for File { path, text } in documents() {
        let folder = ROOT.join(path).parent().unwrap_or(Path::new("/")).to_owned();
        let broken = links(text).into_iter().filter(|link| !folder.join(link).exists());
        flaws.extend(broken.map(|link| format!("{path}: {link}")));
    }
    assert_none(&flaws, "links of documents lead somewhere");
    assert_eq!(links("[a](b.md#c) [d](https://docs.rs) [e](#f)"), ["b.md"]);
}

#[test]
fn commands_are_read_with_what_they_print() {
    let text = "```console\n$ a b\nc\n\nd\n$ e\n```\n$ no\n```yaml\n$ no\n```\n";
    let expected = [
        Shown { line: 2, command: "a b".to_owned(), output: "c\n\nd\n".to_owned() },
        Shown { line: 6, command: "e".to_owned(), output: String::new() },
    ];
    assert_eq!(commands(text), expected);
}
