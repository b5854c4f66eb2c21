//! `vfctl show`: what a plan file says, as `plan` showed it.

use vfctl_plan::{Detail, render};

use crate::args::ShowArgs;
use crate::error::{CliError, Exit};
use crate::input::plan_file;
use crate::machine::Console;

/// Runs the command.
pub(super) fn run(args: &ShowArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let plan = plan_file(&args.plan)?;
    let detail = if args.verbose { Detail::Verbose } else { Detail::Short };
    write!(console.out, "{}", render(&plan, detail))?;
    Ok(Exit::Done)
}
