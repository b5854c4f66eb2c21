//! What is said where a command line means no command: help, the version, or what is wrong with it.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Error, Parser};

use crate::args::Cli;
use crate::exit::Exit;
use crate::machine::Console;

/// Reads a command line, the program's name first.
pub(crate) fn parsed(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    Cli::try_parse_from(&arguments).map_err(|error| with_out(error, &arguments))
}

/// Prints help, the version, or what is wrong with the arguments.
pub(crate) fn print(error: &Error, console: &mut Console<'_>) -> Exit {
    let asked = !error.use_stderr();
    let has_colours = if asked { console.terminal.colours_out } else { console.terminal.colours_err };
    let text = if has_colours { error.render().ansi().to_string() } else { error.render().to_string() };
    let written = if asked { write!(console.out, "{text}") } else { write!(console.err, "{text}") };
    match written {
        Ok(()) if asked => Exit::Done,
        _ => Exit::Failed,
    }
}

/// Adds to the error of a command that writes files and has no formats how a file is named: other programs have `-o` for that.
fn with_out(mut error: Error, arguments: &[OsString]) -> Error {
    let is_output =
        |value: &ContextValue| matches!(value, ContextValue::String(arg) if arg == "-o" || arg == "--output");
    let is_unknown = error.kind() == ErrorKind::UnknownArgument
        && error.get(ContextKind::InvalidArg).is_some_and(is_output);
    if is_unknown && writes_files(arguments) {
        // It would say less of the same.
        error.remove(ContextKind::SuggestedArg);
        let tip = "write to a file with `--out FILE`; `-o` is the output format of other commands";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// Returns whether the command of a command line has the option `--out`.
fn writes_files(arguments: &[OsString]) -> bool {
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(arguments).ok();
    let command = Cli::command();
    let name = matches.as_ref().and_then(|matches| matches.subcommand_name());
    let command = name.and_then(|name| command.find_subcommand(name));
    command.is_some_and(|command| command.get_arguments().any(|arg| arg.get_long() == Some("out")))
}
