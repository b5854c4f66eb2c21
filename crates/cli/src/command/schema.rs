//! `vfctl schema`: the JSON Schema of each document.

use schemars::schema_for;

use crate::args::{SchemaArgs, SchemaDocument};
use crate::error::{CliError, Exit};
use crate::machine::Console;
use crate::mistakes::Mistakes;
use crate::output::print_json;

/// Runs the command.
pub(super) fn run(args: &SchemaArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    match args.document {
        SchemaDocument::Spec => print_json(console, &vfctl_spec::json_schema())?,
        SchemaDocument::Facts => print_json(console, &schema_for!(vfctl_port::World))?,
        SchemaDocument::Plan => print_json(console, &schema_for!(vfctl_plan::Plan))?,
        SchemaDocument::Report => print_json(console, &schema_for!(vfctl_apply::Report))?,
        SchemaDocument::Errors => print_json(console, &schema_for!(Mistakes<'_>))?,
    }
    Ok(Exit::Done)
}
