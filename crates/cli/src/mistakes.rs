//! The mistakes of specs, for people and for programs: every command that reads specs reports them alike.

use schemars::JsonSchema;
use serde::Serialize;
use vfctl_spec::{Colour, Diagnostic, Source};

use crate::error::CliError;
use crate::machine::Console;
use crate::output::print_json;

/// The mistakes of specs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Errors", deny_unknown_fields)]
pub(crate) struct Mistakes<'a> {
    /// The version of this document's format.
    pub(crate) format: MistakesFormat,
    /// Every mistake, in the order of files and lines; empty where there is none.
    pub(crate) errors: &'a [Diagnostic],
}

/// The versions of the format of mistakes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ErrorsFormat")]
pub(crate) enum MistakesFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/errors/v1")]
    V1,
}

/// Prints mistakes as JSON; none, too.
pub(crate) fn print_mistakes(errors: &[Diagnostic], console: &mut Console<'_>) -> Result<(), CliError> {
    print_json(console, &Mistakes { format: MistakesFormat::V1, errors })
}

/// Prints the mistakes of specs: as JSON on standard output where that was asked for, else on standard error.
pub(crate) fn report_mistakes(
    as_json: bool,
    diagnostics: &[Diagnostic],
    sources: &[Source],
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    if as_json {
        return print_mistakes(diagnostics, console);
    }
    let colour = if console.colour { Colour::Always } else { Colour::Never };
    console.say(&vfctl_spec::render(diagnostics, sources, colour));
    Ok(())
}
