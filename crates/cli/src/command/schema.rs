//! `vfctl schema`: the JSON Schema of each document.

use clap::ValueEnum;
use schemars::schema_for;

use crate::args::{SchemaArgs, SchemaDocument};
use crate::command::explain::Explanations;
use crate::command::explain_pod::PodChainDocument;
use crate::command::pools::Pools;
use crate::command::verify::Verification;
use crate::error::CliError;
use crate::exit::Exit;
use crate::machine::Console;
use crate::mistakes::Mistakes;
use crate::output::print_json;

/// Runs the command.
pub(super) fn run(args: &SchemaArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let name =
        args.document.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
    // The same for every copy of it, so that schemas can refer to one another; nothing is read from there.
    let id = serde_json::Value::from(format!("https://vfctl.dev/schemas/{name}.schema.json"));
    let mut schema = match args.document {
        SchemaDocument::Spec => {
            let mut schema = vfctl_spec::json_schema();
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("$id".to_owned(), id);
            }
            print_json(console, &schema)?;
            return Ok(Exit::Done);
        }
        SchemaDocument::Facts => schema_for!(vfctl_port::World),
        SchemaDocument::Plan => schema_for!(vfctl_plan::Plan),
        SchemaDocument::Report => schema_for!(vfctl_apply::Report),
        SchemaDocument::Errors => schema_for!(Mistakes<'_>),
        SchemaDocument::Explanations => schema_for!(Explanations),
        SchemaDocument::PodChain => schema_for!(PodChainDocument),
        SchemaDocument::Verification => schema_for!(Verification),
        SchemaDocument::Pools => schema_for!(Pools),
    };
    schema.insert("$id".to_owned(), id);
    print_json(console, &schema)?;
    Ok(Exit::Done)
}
