//! `vfctl show`: what a plan file says, as `plan` showed it.

use vfctl_plan::{Detail, render};

use crate::args::ShowArgs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::input::plan_file;
use crate::machine::Console;
use crate::output::{print_json, print_text};

/// Runs the command.
pub(super) fn run(args: &ShowArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let plan = plan_file(&args.plan)?;
    if args.format.is_json() {
        print_json(console, &plan)?;
        return Ok(Exit::Done);
    }
    let detail = if args.verbose { Detail::Verbose } else { Detail::Short };
    print_text(console, &render(&plan, detail))?;
    Ok(Exit::Done)
}
