//! `vfctl validate`: every mistake of a spec, without any host.

use crate::args::ValidateArgs;
use crate::error::{CliError, Exit};
use crate::input::{Specs, specs};
use crate::machine::Console;
use crate::mistakes::{print_mistakes, report_mistakes};

/// Runs the command.
pub(super) fn run(args: &ValidateArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    match specs(&args.specs.specs)? {
        Specs::Valid(set, _) => {
            if args.format.is_json() {
                print_mistakes(&[], console)?;
            } else {
                let count = set.documents.len();
                writeln!(console.out, "Valid: {count} document{}.", if count == 1 { "" } else { "s" })?;
            }
            Ok(Exit::Done)
        }
        Specs::Wrong(diagnostics, sources) => {
            report_mistakes(args.format.is_json(), &diagnostics, &sources, console)?;
            Ok(Exit::Failed)
        }
    }
}
