//! `vfctl validate`: every mistake of a spec, without any host.

use crate::args::ValidateArgs;
use crate::error::{CliError, Exit};
use crate::input::{Specs, specs};
use crate::machine::Console;
use crate::mistakes::{print_mistakes, valid};

/// Runs the command.
pub(super) fn run(args: &ValidateArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let specs = specs(&args.specs, &[])?;
    if let Specs::Valid(set, _) = &specs
        && args.format.is_json()
    {
        print_mistakes(&[], &set.warnings, console)?;
        return Ok(Exit::Done);
    }
    let Some((set, _)) = valid(specs, args.format.is_json(), console)? else { return Ok(Exit::Failed) };
    let count = set.documents.len();
    writeln!(console.out, "Valid: {count} document{}.", if count == 1 { "" } else { "s" })?;
    Ok(Exit::Done)
}
