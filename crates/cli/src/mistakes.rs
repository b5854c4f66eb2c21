//! What is wrong, for people and for programs: the mistakes of specs, and what else keeps a command from its work. Every
//! command reports it alike.

use schemars::JsonSchema;
use serde::Serialize;
use vfctl_plan::SpecFile;
use vfctl_port::with_causes;
use vfctl_spec::{Colour, Diagnostic, Place, Related, Source, SpecSet};

use crate::error::CliError;
use crate::input::Specs;
use crate::machine::Console;
use crate::made::spec_files;
use crate::output::print_json;

/// What is wrong: the mistakes of specs, or why a command could not do its work.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Errors", deny_unknown_fields)]
pub(crate) struct Mistakes<'a> {
    /// The version of this document's format.
    format: MistakesFormat,
    /// Every error; mistakes of specs in the order of files and lines. Empty where there is none.
    errors: Vec<Mistake<'a>>,
    /// What is no error: what was given and is not used, such as values of a host that no document concerns, or what a device
    /// plugin of an older version ignores.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<Mistake<'a>>,
}

/// The versions of the format of mistakes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ErrorsFormat")]
enum MistakesFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/errors/v1")]
    V1,
}

/// One error.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Error", deny_unknown_fields)]
struct Mistake<'a> {
    /// Where in a spec it is; absent where it is in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a Place>,
    /// What is wrong, lower case, no period.
    message: &'a str,
    /// How to fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    /// Other places that have to do with it.
    #[serde(skip_serializing_if = "<[Related]>::is_empty")]
    #[schemars(default)]
    related: &'a [Related],
}

impl<'a> From<&'a Diagnostic> for Mistake<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        let Diagnostic { place, message, help, related } = diagnostic;
        Self { place: Some(place), message, help: Some(help), related }
    }
}

/// Prints mistakes and warnings as JSON; none, too.
pub(crate) fn print_mistakes(
    mistakes: &[Diagnostic],
    warnings: &[Diagnostic],
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let errors = mistakes.iter().map(Mistake::from).collect();
    let warnings = warnings.iter().map(Mistake::from).collect();
    print_json(console, &Mistakes { format: MistakesFormat::V1, errors, warnings })
}

/// Says on standard error why a command could not do its work. Whoever reads JSON gets a document as well, also where there
/// is nothing else to say.
pub(crate) fn report_error(as_json: bool, error: &CliError, console: &mut Console<'_>) {
    console.say_error(error);
    let message = format!("failed to {}", with_causes(error));
    let errors = vec![Mistake { place: None, message: &message, help: error.fix(), related: &[] }];
    let document = Mistakes { format: MistakesFormat::V1, errors, warnings: Vec::new() };
    if as_json && print_json(console, &document).is_err() {
        tracing::debug!("standard output is closed");
    }
}

/// Returns the specs that are valid and the files that they are from, after their warnings were reported; `None` where they have mistakes, which were
/// reported as JSON on standard output where that was asked for, else on standard error.
pub(crate) fn valid(
    specs: Specs,
    as_json: bool,
    console: &mut Console<'_>,
) -> Result<Option<(SpecSet, Vec<SpecFile>)>, CliError> {
    match specs {
        Specs::Valid(set, sources) => {
            let warnings = vfctl_spec::render_warnings(&set.warnings, &sources, colour(console));
            console.say(&warnings);
            Ok(Some((set, spec_files(&sources))))
        }
        Specs::Wrong(diagnostics, _) if as_json => {
            print_mistakes(&diagnostics, &[], console)?;
            Ok(None)
        }
        Specs::Wrong(diagnostics, sources) => {
            let text = vfctl_spec::render(&diagnostics, &sources, colour(console));
            console.say(&text);
            Ok(None)
        }
    }
}

/// Says mistakes and warnings on standard error, each with its lines of these texts.
pub(crate) fn say_mistakes(
    mistakes: &[Diagnostic],
    warnings: &[Diagnostic],
    sources: &[Source],
    console: &mut Console<'_>,
) {
    let mut text = vfctl_spec::render_warnings(warnings, sources, colour(console));
    text.push_str(&vfctl_spec::render(mistakes, sources, colour(console)));
    console.say(&text);
}

fn colour(console: &Console<'_>) -> Colour {
    if console.terminal.colours_err { Colour::Always } else { Colour::Never }
}
