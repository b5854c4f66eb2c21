//! `vfctl explain`: spec line, selector, reading and its source, step, claim.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use vfctl_kinds::pf::{Address, ExplainError};
use vfctl_plan::{Explanation, explain};
use vfctl_view::harmless;

use crate::args::{ExplainArgs, SpecPaths};
use crate::command::cut_off::CutOff;
use crate::command::explain_pod;
use crate::error::CliError;
use crate::exit::Exit;
use crate::facts::world;
use crate::input::{specs, with_places};
use crate::machine::{Console, Machine};
use crate::mistakes::valid;
use crate::output::print_json;
use crate::reach::learn_labels;
use crate::spec_folder::or_folder;

/// What `explain` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Explanations", deny_unknown_fields)]
pub(super) struct Explanations {
    /// The version of this document's format.
    format: ExplanationsFormat,
    /// An explanation for each property of each port and host that the address means.
    explanations: Vec<Explanation>,
}

/// The versions of the format of explanations.
#[derive(Debug, Serialize, JsonSchema)]
enum ExplanationsFormat {
    /// The first.
    #[serde(rename = "vfctl.dev/explanations/v1")]
    V1,
}

/// Runs the command.
pub(super) fn run(
    args: &ExplainArgs,
    state_dir: Option<&Path>,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    if let Some((pod, files)) = explain_pod::pod_and_specs(args)? {
        return explain_pod::run(args, &pod, &files, console, machine);
    }
    let wrong =
        |error: ExplainError| CliError::Address { address: args.address.clone(), why: error.to_string() };
    let address: Address = args.address.parse().map_err(wrong)?;
    let named = or_folder(args.file.after(&args.specs))?;
    let files = SpecPaths { specs: named, host_values: args.host_values.host_values.clone() };
    let specs = specs(&files, &args.facts.facts)?;
    let Some((set, _)) = valid(specs, args.format.is_json(), console)? else { return Ok(Exit::Failed) };
    let mut world = world(&args.facts.facts, console, machine)?;
    if args.facts.facts.is_empty() {
        learn_labels(machine, &args.access, &set, &mut world)?;
        CutOff::learn_by_looking(state_dir.unwrap_or(&machine.state_dir), &mut world);
    }
    let explanations: Vec<Explanation> = with_places(&set, |documents| {
        let mut found = Vec::new();
        let mut last = None;
        for (name, host) in &world.hosts {
            match explain(documents, name, host, &world, &address) {
                Ok(mut explanations) => found.append(&mut explanations),
                Err(error) => last = Some(error),
            }
        }
        // A host that knows nothing of it is no mistake where another one does.
        match last {
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    })
    .map_err(wrong)?;
    if args.format.is_json() {
        print_json(console, &Explanations { format: ExplanationsFormat::V1, explanations })?;
    } else {
        for explanation in explanations {
            console.out.write_all(harmless(&explanation.to_string()).as_bytes())?;
        }
    }
    Ok(Exit::Done)
}
