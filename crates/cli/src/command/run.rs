//! Which command is which.

use clap::CommandFactory;

use super::{
    apply, completions, discover, explain, init, man, plan, pod, pools, rbac, record, schema, show, validate,
    verify,
};
use crate::args::{Cli, Command};
use crate::error::CliError;
use crate::exit::Exit;
use crate::machine::{Console, Machine};

/// Runs the command.
pub(crate) fn run(cli: Cli, console: &mut Console<'_>, machine: &Machine<'_>) -> Result<Exit, CliError> {
    let Cli { state_dir, color: _, command } = cli;
    match command {
        Command::Discover(args) => discover::run(&args, console, machine),
        Command::Init(args) => init::run(&args, console, machine),
        Command::Validate(args) => validate::run(&args, console),
        Command::Plan(args) => plan::run(&args, state_dir.as_deref(), console, machine),
        Command::Show(args) => show::run(&args, console),
        Command::Apply(args) => apply::run(&args, state_dir.as_deref(), console, machine),
        Command::Explain(args) => explain::run(&args, state_dir.as_deref(), console, machine),
        Command::Pools(args) => pools::run(&args, console, machine),
        Command::Pod(args) => pod::run(&args, console),
        Command::Verify(args) => verify::run(&args, state_dir.as_deref(), console, machine),
        Command::Rbac(args) => rbac::run(&args, console),
        Command::Record(args) => record::run(&args, state_dir.as_deref(), console, machine),
        Command::Schema(args) => schema::run(&args, console),
        Command::Completions(args) => completions::run(&args, console),
        Command::Version => {
            write!(console.out, "{}", Cli::command().render_version())?;
            Ok(Exit::Done)
        }
        Command::Man(args) => man::run(&args, console),
    }
}
