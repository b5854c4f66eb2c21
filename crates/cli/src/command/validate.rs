//! `vfctl validate`: every mistake of a spec, without any host.

use vfctl_spec::Colour;

use crate::args::ValidateArgs;
use crate::error::{CliError, Exit};
use crate::input::{Specs, specs};
use crate::machine::Console;

/// Runs the command.
pub(super) fn run(args: &ValidateArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    match specs(&args.specs.specs)? {
        Specs::Valid(set) => {
            if args.json {
                writeln!(console.out, "[]")?;
            } else {
                let count = set.documents.len();
                writeln!(console.out, "Valid: {count} document{}.", if count == 1 { "" } else { "s" })?;
            }
            Ok(Exit::Done)
        }
        Specs::Wrong(diagnostics, sources) => {
            tell_mistakes(args.json, &diagnostics, &sources, console)?;
            Ok(Exit::Failed)
        }
    }
}

/// Prints a document as JSON.
pub(super) fn print_json<T: serde::Serialize>(
    console: &mut Console<'_>,
    document: &T,
) -> Result<(), CliError> {
    serde_json::to_writer_pretty(&mut *console.out, document).map_err(std::io::Error::from)?;
    writeln!(console.out)?;
    Ok(())
}

/// Prints the mistakes of specs: as JSON on standard output where that was asked for, else on standard error.
pub(super) fn tell_mistakes(
    as_json: bool,
    diagnostics: &[vfctl_spec::Diagnostic],
    sources: &[vfctl_spec::Source],
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    if as_json {
        return print_json(console, &diagnostics);
    }
    let colour = if console.colour { Colour::Always } else { Colour::Never };
    write!(console.err, "{}", vfctl_spec::render(diagnostics, sources, colour))?;
    Ok(())
}
