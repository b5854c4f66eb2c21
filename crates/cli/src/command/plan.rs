//! `vfctl plan`: what apply would change.

use std::path::Path;

use vfctl_plan::{Detail, HostPlan, Plan, check, render};
use vfctl_port::HostFacts;

use crate::args::PlanArgs;
use crate::command::cut_off::tell_onlooker;
use crate::error::{CliError, Exit};
use crate::input::{Specs, specs, with_sources, world};
use crate::machine::{Console, Machine};
use crate::output::{is_stdout, print_json, tell_mistakes, write_json};

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
            tell_mistakes(args.json, &diagnostics, &sources, console)?;
            return Ok(Exit::Failed);
        }
    };
    let world = world(&args.facts.facts, machine)?;
    let plan = with_sources(&set, |sources| vfctl_plan::plan(sources, &world));
    proven(&plan)?;
    if args.facts.facts.is_empty() {
        for (name, host) in &world.hosts {
            tell_onlooker(state_dir.unwrap_or(&machine.state_dir), host, console);
            if let Some(plan) = plan.hosts.get(name) {
                tell_of_stuck(plan, host, console);
            }
        }
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

/// Tells of writes that sit in the kernel where the plan does nothing: it need not wait for them.
pub(super) fn tell_of_stuck(plan: &HostPlan, host: &HostFacts, console: &mut Console<'_>) {
    for stuck in vfctl_apply::stuck_elsewhere(plan, host) {
        let (pid, path) = (stuck.pid, &stuck.path);
        console.talk(&format!("note: process {pid} still sits in the kernel, writing {path}\n"));
    }
}

/// Proves every host's plan by independent code.
fn proven(plan: &Plan) -> Result<(), CliError> {
    let flaws: Vec<String> = plan
        .hosts
        .values()
        .filter_map(|host| check(host).err())
        .flatten()
        .map(|flaw| flaw.to_string())
        .collect();
    if flaws.is_empty() { Ok(()) } else { Err(CliError::FlawedPlan { flaws: flaws.join("; ") }) }
}
