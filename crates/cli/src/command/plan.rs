//! `vfctl plan`: what apply would change.

use std::path::Path;

use vfctl_plan::{Detail, HostPlan, Plan, check, render};
use vfctl_port::HostFacts;

use crate::args::PlanArgs;
use crate::command::validate::{print_json, tell_mistakes};
use crate::error::{CliError, Exit};
use crate::input::{Specs, specs, with_sources, world};
use crate::machine::{Console, Machine};

/// Runs the command.
pub(super) fn run(
    args: &PlanArgs,
    state_dir: Option<&Path>,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    if args.facts.facts.is_empty() {
        tell_of_cut_off(state_dir.unwrap_or(&machine.state_dir), console)?;
    }
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
            if let Some(plan) = plan.hosts.get(name) {
                tell_of_stuck(plan, host, console)?;
            }
        }
    }
    if args.json {
        print_json(console, &plan)?;
    } else {
        let detail = if args.verbose { Detail::Verbose } else { Detail::Short };
        write!(console.out, "{}", render(&plan, detail))?;
    }
    if let Some(path) = &args.output {
        let mut text = serde_json::to_vec_pretty(&plan).map_err(std::io::Error::from)?;
        text.push(b'\n');
        std::fs::write(path, text).map_err(|cause| CliError::Write { path: path.clone(), cause })?;
    }
    Ok(match (plan.is_blocked(), plan.is_empty()) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Done,
        (false, false) => Exit::Changes,
    })
}

/// Tells of an apply that was cut off, and of what it may have left behind. A folder that may not be read tells
/// nothing: an ordinary user's plan is no worse for it.
pub(super) fn tell_of_cut_off(folder: &Path, console: &mut Console<'_>) -> Result<(), CliError> {
    let newest = vfctl_state::kept_journals(folder).and_then(|mut journals| journals.next().transpose());
    let journal = match newest {
        Ok(Some(journal)) if !journal.has_ended() => journal,
        Ok(_) => return Ok(()),
        Err(error) => {
            tracing::debug!(%error, "the journal could not be read");
            return Ok(());
        }
    };
    writeln!(
        console.err,
        "note: an apply was cut off before its end; its journal is {}",
        journal.path.display()
    )?;
    for leftover in vfctl_apply::leftovers(&journal.entries) {
        writeln!(console.err, "  {leftover}")?;
    }
    Ok(())
}

/// Tells of writes that sit in the kernel where the plan does nothing: it need not wait for them.
pub(super) fn tell_of_stuck(
    plan: &HostPlan,
    host: &HostFacts,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    for stuck in vfctl_apply::stuck_elsewhere(plan, host) {
        let (pid, path) = (stuck.pid, &stuck.path);
        writeln!(console.err, "note: process {pid} still sits in the kernel, writing {path}")?;
    }
    Ok(())
}

/// Proves every host's plan by independent code.
pub(super) fn proven(plan: &Plan) -> Result<(), CliError> {
    let flaws: Vec<String> = plan
        .hosts
        .values()
        .filter_map(|host| check(host).err())
        .flatten()
        .map(|flaw| flaw.to_string())
        .collect();
    if flaws.is_empty() { Ok(()) } else { Err(CliError::FlawedPlan { flaws: flaws.join("; ") }) }
}
