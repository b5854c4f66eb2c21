//! `vfctl man`: the man pages of vfctl and of each command, made of what their help says.

use std::fs;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::args::{Cli, ManArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::machine::Console;

/// Runs the command.
pub(super) fn run(args: &ManArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.folder else {
        console.out.write_all(&page(&command)?)?;
        return Ok(Exit::Done);
    };
    fs::create_dir_all(folder).map_err(|cause| CliError::Write { path: folder.clone(), cause })?;
    let commands = command.get_subcommands().filter(|command| !command.is_hide_set());
    for command in commands.chain([&command]) {
        let path = folder.join(Man::new(command.clone()).get_filename());
        fs::write(&path, page(command)?).map_err(|cause| CliError::Write { path, cause })?;
    }
    Ok(Exit::Done)
}

/// Returns the page of a command.
fn page(command: &Command) -> std::io::Result<Vec<u8>> {
    let source = concat!("vfctl ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual("vfctl");
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (lists, notes): (Vec<&str>, Vec<&str>) = help.split("\n\n").partition(|part| heading(part).is_some());
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    let mut roff = Roff::new();
    for note in notes.iter().filter(|note| !note.is_empty()) {
        roff.control("PP", []);
        roff.text([roman(note.replace('\n', " "))]);
    }
    roff.to_writer(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let mut roff = Roff::new();
    for list in lists {
        add_list(&mut roff, list);
    }
    if !command.has_subcommands() {
        roff.control("SH", ["SEE ALSO"]);
        roff.text([bold("vfctl"), roman("(1)")]);
    }
    roff.to_writer(&mut text)?;
    Ok(text)
}

/// Returns what a part of a help text is a list of; `None` where it is a paragraph.
fn heading(part: &str) -> Option<&str> {
    let (first, rest) = part.split_once('\n')?;
    first.strip_suffix(':').filter(|_| rest.starts_with("  "))
}

/// Adds a list of a help text, whose lines are a word and, after two blanks, what it means.
fn add_list(roff: &mut Roff, list: &str) {
    let heading = heading(list).unwrap_or_default();
    let heading = if heading == "Exit codes" { "Exit status" } else { heading };
    roff.control("SH", [heading.to_uppercase().as_str()]);
    for line in list.lines().skip(1) {
        let line = line.strip_prefix("  ").unwrap_or(line);
        if line.starts_with(' ') {
            // It goes on with the meaning of the word above.
            roff.text([roman(line.trim_start())]);
            continue;
        }
        let (word, meaning) = line.split_once("  ").unwrap_or((line, ""));
        roff.control("TP", []);
        roff.text([bold(word)]);
        roff.text([roman(meaning.trim_start())]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lists that help texts have.
    const HEADINGS: [&str; 3] = ["Examples", "Exit codes", "Environment"];

    /// Asserts that a part of a help text is a list or a paragraph, and nothing between: a page would show it as something else.
    fn check_part(name: &str, part: &str) {
        let Some(heading) = heading(part) else {
            assert!(
                part.lines().all(|line| !line.starts_with(' ')),
                "{name}: a list without a heading:\n{part}"
            );
            let first = part.lines().next().unwrap_or_default();
            assert!(!first.ends_with(':'), "{name}: a heading without a list: {part}");
            return;
        };
        assert!(HEADINGS.contains(&heading), "{name}: {heading}");
        let mut is_first = true;
        for line in part.lines().skip(1) {
            let line =
                line.strip_prefix("  ").unwrap_or_else(|| panic!("{name}: `{line}` is not in the list"));
            let goes_on = line.starts_with(' ');
            let is_item = line
                .split_once("  ")
                .is_some_and(|(word, meaning)| !word.is_empty() && !meaning.trim().is_empty());
            assert!(
                is_item || goes_on && !is_first,
                "{name}: `{line}` is not a word, two blanks and what it means"
            );
            is_first = false;
        }
    }

    #[test]
    fn each_part_of_a_help_text_is_a_list_or_a_paragraph_of_the_page() {
        let mut command = Cli::command();
        command.build();
        let mut lists = 0;
        for command in
            command.get_subcommands().chain([&command]).filter(|command| command.get_name() != "help")
        {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            help.split("\n\n").for_each(|part| check_part(command.get_name(), part));
            let headings: Vec<&str> = help.split("\n\n").filter_map(heading).collect();
            assert!(headings.starts_with(&HEADINGS[..2]), "{}: {headings:?}", command.get_name());
            lists += headings.len();
            let page = String::from_utf8(page(command).expect("a page")).expect("text");
            for heading in headings {
                let heading =
                    if heading == "Exit codes" { "\"EXIT STATUS\"" } else { &heading.to_uppercase() };
                assert!(page.contains(&format!(".SH {heading}\n.TP\n")), "{page}");
            }
        }
        assert!(lists > 20, "only {lists} lists");
    }
}
