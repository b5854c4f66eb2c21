//! Commands in documents: they exist, and where they work on an example they print what is shown.

use std::collections::BTreeMap;

use crate::markdown::{Shown, commands, documents};
use crate::program::{Ran, VFCTL, run};
use crate::repository::{File, PATHS, ROOT, assert_none, is_blessing, text_of};

/// Returns the options and commands that a help text names.
fn named_in(help: &str) -> Vec<&str> {
    help.split(|c: char| c.is_whitespace() || ",[]=<>".contains(c)).filter(|word| !word.is_empty()).collect()
}

/// Returns the words of a command up to a comment, a pipe or a redirection, without `sudo`.
fn words(command: &str) -> Vec<&str> {
    let words = command.split_whitespace().skip_while(|word| *word == "sudo");
    words.take_while(|word| !matches!(*word, "#" | "|" | ">" | "&&" | "||" | ";")).collect()
}

/// Returns what a command says that vfctl has not got.
fn unknown_words(command: &str, helps: &mut BTreeMap<String, String>) -> Vec<String> {
    let words = words(command);
    let [program, verb, rest @ ..] = words.as_slice() else { return Vec::new() };
    if *program != "vfctl" || verb.starts_with('-') {
        return Vec::new();
    }
    let overall = helps.entry(String::new()).or_insert_with(|| run(&VFCTL, &ROOT, &["--help"]).out);
    if !overall.lines().any(|line| line.trim_start().split(' ').next() == Some(verb)) {
        return vec![format!("there is no command {verb}")];
    }
    let help = helps.entry((*verb).to_owned()).or_insert_with(|| run(&VFCTL, &ROOT, &[verb, "--help"]).out);
    let options = rest.iter().filter(|word| word.len() > 1 && word.starts_with('-'));
    let unknown = options.filter(|option| !named_in(help).contains(&option.split('=').next().unwrap()));
    unknown.map(|option| format!("vfctl {verb} has no {option}")).collect()
}

/// Returns whether a command works on examples alone, so that what it prints is known.
fn is_reproducible(command: &str) -> bool {
    let words = words(command);
    let on_examples = words.iter().any(|word| word.starts_with("examples/"));
    let complete = words.contains(&"--facts") || words.get(1) == Some(&"validate");
    let writes = words.iter().any(|word| matches!(*word, "--out"))
        || words.len() != command.split_whitespace().count();
    words.first() == Some(&"vfctl") && on_examples && complete && !writes
}

#[test]
fn every_command_in_a_document_exists() {
    let (mut flaws, mut helps) = (Vec::new(), BTreeMap::new());
    for File { path, text } in documents() {
        for Shown { line, command, output: _ } in commands(text) {
            let unknown = unknown_words(&command, &mut helps);
            flaws.extend(unknown.into_iter().map(|unknown| format!("{path}:{line}: {unknown}")));
            let script = words(&command).into_iter().find(|word| word.ends_with(".sh"));
            let missing = script.filter(|script| !PATHS.iter().any(|listed| listed == script));
            flaws.extend(missing.map(|script| format!("{path}:{line}: there is no {script}")));
        }
    }
    assert_none(&flaws, "documents speak only of what is there");
    let mut unknown = |command: &str| unknown_words(command, &mut helps).len();
    assert_eq!(unknown("vfctl plan sriov.yaml --out plan.json"), 0);
    assert_eq!(unknown("sudo vfctl plam sriov.yaml"), 1);
    assert_eq!(unknown("vfctl plan sriov.yaml --no-such-option"), 1);
}

/// Returns a document in which each reproducible command shows what it prints now, and says how many there are.
/// A command that shows nothing stays so.
fn up_to_date(text: &str, mut print: impl FnMut(&[&str]) -> Ran) -> (String, usize) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (mut checked, mut last) = (0, None);
    let mut replace = Vec::new();
    for Shown { line, command, output } in commands(text) {
        let shown = line..line + output.lines().count();
        if is_reproducible(&command) {
            let Ran { code, out, err } = print(&words(&command)[1..]);
            if !output.is_empty() {
                replace.push((shown, if out.is_empty() { err } else { out }));
                checked += 1;
            }
            last = Some(code);
        } else if let Some(code) = last.take().filter(|_| command == "echo $?") {
            replace.push((shown, code.to_string()));
        }
    }
    for (shown, printed) in replace.into_iter().rev() {
        lines.splice(shown, printed.lines().map(str::to_owned));
    }
    (lines.join("\n") + "\n", checked)
}

#[test]
fn commands_on_examples_print_what_the_documents_show() {
    let (mut flaws, mut checked) = (Vec::new(), 0);
    for File { path, text } in documents() {
        let (wanted, count) = up_to_date(text, |arguments| run(&VFCTL, &ROOT, arguments));
        checked += count;
        if wanted != *text {
            if is_blessing() {
                std::fs::write(ROOT.join(path), &wanted).expect("write a document");
                continue;
            }
            let differs = wanted.lines().zip(text.lines()).position(|(wanted, shown)| wanted != shown);
            flaws.push(format!("{path}:{}", differs.map_or(text.lines().count(), |line| line + 1)));
        }
    }
    assert_none(&flaws, "documents show what vfctl prints; `bash ci/generate.sh` writes it anew");
    assert!(checked > 0, "no document shows a command on an example");
}

/// Returns the exit codes that a help text lists.
fn listed_codes(help: &str) -> Vec<&str> {
    let list = help.split_once("Exit codes:\n").map_or("", |(_, list)| list);
    let lines = list.lines().take_while(|line| line.starts_with("  "));
    let words = lines.filter_map(|line| line.split_whitespace().next());
    words.filter(|word| word.chars().all(|c| c.is_ascii_digit())).collect()
}

#[test]
fn the_readme_has_a_column_for_each_exit_code() {
    let help = run(&VFCTL, &ROOT, &["--help"]).out;
    let codes = listed_codes(&help);
    let (_, section) = text_of("README.md").split_once("\n## Exit codes\n").expect("a section on exit codes");
    let head = section.lines().find(|line| line.starts_with('|')).expect("a table of exit codes");
    let columns: Vec<&str> = head.split('|').map(str::trim).collect();
    let lacking = codes.iter().filter(|code| !columns.contains(code));
    let flaws: Vec<String> = lacking.map(|code| format!("README.md: there is no column {code}")).collect();
    assert_none(&flaws, "the README lists the exit codes that vfctl lists");
    assert!(codes.len() > 4, "only {codes:?}");
    assert_eq!(listed_codes("Exit codes:\n  0    a\n       b\n  130  c\n\nMore:\n  7    d\n"), ["0", "130"]);
}

#[test]
fn what_a_command_prints_takes_the_place_of_what_was_shown() {
    let print = |_: &[&str]| Ran { code: 2, out: "new\nnewer\n".to_owned(), err: String::new() };
    let command = "$ vfctl plan examples/a/spec.yaml --facts b";
    let shown = format!("```console\n{command}\nold\n$ echo $?\n0\n$ vfctl plan c\nkept\n```\n");
    let wanted = format!("```console\n{command}\nnew\nnewer\n$ echo $?\n2\n$ vfctl plan c\nkept\n```\n");
    assert_eq!(up_to_date(&shown, print), (wanted, 1));
    let hidden = format!("```console\n{command}\n```\n");
    assert_eq!(up_to_date(&hidden, print), (hidden.clone(), 0));
}
