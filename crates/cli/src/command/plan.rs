//! `vfctl plan`: what apply would change.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use vfctl_model::HostName;
use vfctl_plan::{Detail, Plan, check, render};
use vfctl_port::World;

use crate::args::PlanArgs;
use crate::command::concern::Selectors;
use crate::command::cut_off::CutOff;
use crate::command::{fleet, permission};
use crate::document::PLAN;
use crate::error::{CliError, Exit};
use crate::format::Format;
use crate::input::{specs, with_places};
use crate::machine::{Console, Machine};
use crate::made::made_now;
use crate::mistakes::valid;
use crate::new_file::check_place;
use crate::output::{is_stdout, json_of, print_json, print_text, write};
use crate::reach::{Reach, Wanted};

/// Runs the command.
pub(super) fn run(
    args: &PlanArgs,
    state_dir: Option<&Path>,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    if args.facts.facts.is_empty() {
        machine.observe.prepare();
    }
    let specs = specs(&args.specs, &args.facts.facts)?;
    let Some((set, files)) = valid(specs, args.prints_json(), console)? else { return Ok(Exit::Failed) };
    if let Some(path) = args.folder_or_file().filter(|path| is_a_spec(path, &args.specs.specs)) {
        return Err(CliError::OverSpec { path: path.to_owned() });
    }
    if !args.facts.facts.is_empty() {
        return fleet::run(args, &set, made_now(&files), console);
    }
    let file = args.folder_or_file().map(|path| match path.is_dir() {
        true => host_file(path, &machine.name),
        false => path.to_owned(),
    });
    file.as_ref().map_or(Ok(()), |path| check_place(path, &PLAN))?;
    let reach = Reach::of(machine, &args.parts, Wanted::by(&set))?;
    // The program ends with this command: what is large is left to the kernel, which frees it at once.
    let mut world = ManuallyDrop::new(machine.world()?);
    reach.look(&mut world)?;
    let cut_off = CutOff::learn_by_looking(state_dir.unwrap_or(&machine.state_dir), &mut world);
    let (plan, selectors) = with_places(&set, |documents| {
        (vfctl_plan::plan(documents, &world, args.parts.options()), Selectors::of(documents))
    });
    let plan = ManuallyDrop::new(Plan { made: Some(made_now(&files)), ..plan });
    proven(&plan)?;
    let is_left_out = selectors.report(&plan, &machine.name, console);
    cut_off.report(Some(&plan), console);
    report_stuck(&plan, &world, console);
    permission::warn(&plan, &reach, console);
    // First, since a plan that could not be written is an error, and JSON is one document.
    if let Some(path) = file {
        write(&path, &json_of(&*plan)?, &PLAN)?;
    }
    if args.prints_json() {
        print_json(console, &*plan)?;
    } else {
        print_text(console, &render(&plan, args.detail()))?;
    }
    Ok(match (plan.is_blocked(), plan.is_empty()) {
        (true, _) => Exit::Failed,
        (false, true) if is_left_out && args.require_host => Exit::Failed,
        (false, true) if plan.is_held() && !args.ignore_held => Exit::Held,
        (false, true) => Exit::Done,
        (false, false) => Exit::Changes,
    })
}

/// Returns whether a file is one of the specs, by itself or in a folder of them.
fn is_a_spec(path: &Path, specs: &[PathBuf]) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    let is_yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let mut specs = specs.iter().filter_map(|spec| spec.canonicalize().ok());
    path.is_file() && specs.any(|spec| spec == path || is_yaml && path.parent() == Some(&spec))
}

/// Returns where in a folder the plan of a host goes.
pub(super) fn host_file(folder: &Path, name: &HostName) -> PathBuf {
    folder.join(format!("{name}.json"))
}

impl PlanArgs {
    /// Returns how much the text is to say.
    pub(super) fn detail(&self) -> Detail {
        if self.verbose { Detail::Verbose } else { Detail::Short }
    }

    /// Returns the file or folder to write to; standard output is none.
    pub(super) fn folder_or_file(&self) -> Option<&Path> {
        self.out.as_deref().filter(|path| !is_stdout(path))
    }

    /// Returns whether standard output is to be JSON.
    pub(crate) fn prints_json(&self) -> bool {
        self.json || self.output == Format::Json || self.out.as_deref().is_some_and(is_stdout)
    }
}

/// Reports writes that are blocked in the kernel where the plan does nothing: it need not wait for them.
pub(super) fn report_stuck(plan: &Plan, world: &World, console: &mut Console<'_>) {
    let hosts = plan.hosts.iter().filter_map(|(name, plan)| Some((plan, world.hosts.get(name)?)));
    for stuck in hosts.flat_map(|(plan, host)| vfctl_apply::stuck_elsewhere(plan, host)) {
        let (pid, path) = (stuck.pid, &stuck.path);
        console.say(&format!("note: process {pid} is blocked in the kernel, writing {path}\n"));
    }
}

/// Proves a plan by independent code.
pub(super) fn proven(plan: &Plan) -> Result<(), CliError> {
    check(plan).map_err(|flaws| {
        let flaws = flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        CliError::FlawedPlan { flaws }
    })
}
