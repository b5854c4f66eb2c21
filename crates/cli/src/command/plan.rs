//! `vfctl plan`: what apply would change.

use std::path::Path;

use vfctl_plan::{Detail, Plan, check, render};
use vfctl_port::World;

use crate::args::PlanArgs;
use crate::command::cut_off::report_to_onlooker;
use crate::error::{CliError, Exit};
use crate::input::{Specs, specs, with_places, world};
use crate::machine::{Console, Machine};
use crate::output::{is_stdout, print_json, report_mistakes, write_json};

/// Runs the command.
pub(super) fn run(
    args: &PlanArgs,
    state_dir: Option<&Path>,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let set = match specs(&args.specs.specs)? {
        Specs::Valid(set) => set,
        Specs::Wrong(diagnostics, sources) => {
            report_mistakes(args.json, &diagnostics, &sources, console)?;
            return Ok(Exit::Failed);
        }
    };
    let world = world(&args.facts.facts, machine)?;
    let plan = with_places(&set, |documents| vfctl_plan::plan(documents, &world));
    proven(&plan)?;
    if args.facts.facts.is_empty() {
        report_to_onlooker(state_dir.unwrap_or(&machine.state_dir), &world, console);
        report_stuck(&plan, &world, console);
    }
    let file = args.output.as_deref().filter(|path| !is_stdout(path));
    if args.json || args.output.is_some() && file.is_none() {
        print_json(console, &plan)?;
    } else {
        let detail = if args.verbose { Detail::Verbose } else { Detail::Short };
        write!(console.out, "{}", render(&plan, detail))?;
    }
    if let Some(path) = file {
        write_json(path, &plan)?;
    }
    Ok(match (plan.is_blocked(), plan.is_empty()) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Done,
        (false, false) => Exit::Changes,
    })
}

/// Reports writes that still sit in the kernel where the plan does nothing: it need not wait for them.
pub(super) fn report_stuck(plan: &Plan, world: &World, console: &mut Console<'_>) {
    let hosts = plan.hosts.iter().filter_map(|(name, plan)| Some((plan, world.hosts.get(name)?)));
    for stuck in hosts.flat_map(|(plan, host)| vfctl_apply::stuck_elsewhere(plan, host)) {
        let (pid, path) = (stuck.pid, &stuck.path);
        console.say(&format!("note: process {pid} still sits in the kernel, writing {path}\n"));
    }
}

/// Proves a plan by independent code.
fn proven(plan: &Plan) -> Result<(), CliError> {
    check(plan).map_err(|flaws| {
        let flaws = flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        CliError::FlawedPlan { flaws }
    })
}
