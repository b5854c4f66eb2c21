//! `vfctl plan`: what apply would change.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use vfctl_kinds::document::Selection;
use vfctl_model::HostName;
use vfctl_plan::{Plan, ScopePlan, ScopeRows, check, render};
use vfctl_port::{Scope, World};
use vfctl_spec::is_yaml;
use vfctl_view::{Picture, Review};

use crate::args::{PlanArgs, PlanOutput};
use crate::command::concern::Selectors;
use crate::command::cut_off::CutOff;
use crate::command::fleet_report::Ends;
use crate::command::pictures::as_planned;
use crate::command::reviewed::{Sheet, reviewed};
use crate::command::{fleet, permission};
use crate::document::PLAN;
use crate::error::CliError;
use crate::exit::Exit;
use crate::input::{specs, with_places};
use crate::machine::{Console, Machine};
use crate::made::made_now;
use crate::mistakes::valid;
use crate::new_file::check_place;
use crate::output::{json_of, print_json, print_text, write};
use crate::reach::{Reach, Wanted};

/// Runs the command.
pub(super) fn run(
    args: &PlanArgs,
    state_dir: Option<&Path>,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    if args.has_two_outputs() {
        return Err(CliError::TwoOutputs);
    }
    if let Some(path) = args.plan_as_page() {
        return Err(CliError::PlanAsPage { path: path.to_owned() });
    }
    reviewed(args, console, |console, sheet| plan(args, state_dir, console, machine, sheet))
}

fn plan(
    args: &PlanArgs,
    state_dir: Option<&Path>,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
    sheet: &mut Sheet,
) -> Result<Exit, CliError> {
    if args.facts.facts.is_empty() {
        machine.observe.prepare();
    }
    let paths = args.specs.paths()?;
    let specs = specs(&paths, &args.facts.facts)?;
    let Some((set, files)) = valid(specs, args.prints_json(), console)? else {
        sheet.review.fail();
        return Ok(Exit::Failed);
    };
    sheet.made = made_now(&files);
    if let Some(path) = args.folder_or_file().filter(|path| is_a_spec(path, &paths.specs)) {
        return Err(CliError::OverSpec { path: path.to_owned() });
    }
    if !args.facts.facts.is_empty() {
        return fleet::run(args, &set, console, sheet);
    }
    let file = args.folder_or_file().map(|path| match path.is_dir() {
        true => host_file(path, &machine.name),
        false => path.to_owned(),
    });
    file.as_ref().map_or(Ok(()), |path| check_place(path, &PLAN))?;
    let reach = Reach::of(machine, &args.parts, Wanted::by(&set))?;
    reach.check(set.writes_to_cluster(), &args.parts)?;
    // The program ends with this command: what is large is left to the kernel, which frees it at once.
    let mut world = ManuallyDrop::new(machine.world()?);
    reach.look(&mut world)?;
    let cut_off = CutOff::learn_by_looking(state_dir.unwrap_or(&machine.state_dir), &mut world);
    let (plan, selectors) = with_places(&set, |documents| {
        (vfctl_plan::plan(documents, &world, args.parts.options()), Selectors::of(documents))
    });
    let plan = ManuallyDrop::new(Plan { made: Some(sheet.made.clone()), ..plan });
    proven(&plan)?;
    let is_left_out = selectors.report(&plan, &machine.name, console);
    cut_off.report(Some(&plan), console);
    report_stuck(&plan, &world, console);
    permission::warn(&plan, &reach, console);
    // First, since a plan that could not be written is an error, and JSON is one document.
    if let Some(path) = file {
        write(&path, &json_of(&*plan)?, &PLAN)?;
    }
    match args.printed() {
        PlanOutput::Json => print_json(console, &*plan)?,
        PlanOutput::Text if args.quiet && !plan.is_blocked() => {}
        PlanOutput::Text => print_text(console, &render(&plan, args.detail()))?,
        PlanOutput::Markdown | PlanOutput::Html => {
            let picture = |name: &HostName, plan: &ScopePlan| {
                let host = world.hosts.get(name).filter(|_| args.is_pictured())?;
                Some(with_places(&set, |documents| {
                    let cluster = world.cluster.as_ref();
                    let selection = Selection::of(documents, name, cluster);
                    as_planned(&selection, host, (&world, cluster), plan, args.parts.options().parts)
                }))
            };
            add(&mut sheet.review, &plan, args, picture);
        }
    }
    let exit = match (plan.is_blocked(), plan.is_empty()) {
        (true, _) => Exit::Failed,
        (false, true) if is_left_out && args.require_host => Exit::Failed,
        (false, true) if plan.is_held() => Exit::Held,
        (false, true) => Exit::Done,
        (false, false) => Exit::Changes,
    };
    Ok(Ends::of_args(args).of(exit, plan.needs_consent(), console))
}

/// Adds the plan to a review, with pictures of hosts where there are to be some.
fn add(
    review: &mut Review,
    plan: &Plan,
    args: &PlanArgs,
    picture: impl Fn(&HostName, &ScopePlan) -> Option<Picture>,
) {
    for (scope, plan) in plan.scopes() {
        let rows = ScopeRows::of(&scope, plan, args.detail());
        match scope {
            Scope::Host(name) => review.host(&name, rows, picture(&name, plan)),
            Scope::Cluster => review.cluster(rows),
        }
    }
}

/// Returns whether a file is one of the specs, by itself or in a folder of them.
fn is_a_spec(path: &Path, specs: &[PathBuf]) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    let mut specs = specs.iter().filter_map(|spec| spec.canonicalize().ok());
    path.is_file() && specs.any(|spec| spec == path || is_yaml(&path) && path.parent() == Some(&spec))
}

/// Returns where in a folder the plan of a host goes.
pub(super) fn host_file(folder: &Path, name: &HostName) -> PathBuf {
    folder.join(format!("{name}.json"))
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
