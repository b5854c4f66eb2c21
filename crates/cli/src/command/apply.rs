//! `vfctl apply`: plan, show, ask, perform, verify, report.

use std::io::BufRead;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use vfctl_apply::{Edges, Look, Report, Result as Ending};
use vfctl_plan::{Detail, Disruption, Plan, SpecFile, render};
use vfctl_port::{Clock, World, with_causes};
use vfctl_spec::SpecSet;
use vfctl_state::FileJournal;

use crate::args::ApplyArgs;
use crate::command::concern::Selectors;
use crate::command::cut_off::CutOff;
use crate::command::plan::{proven, report_stuck};
use crate::command::{lock_wait, permission};
use crate::error::CliError;
use crate::exit::Exit;
use crate::input::{ApplyInput, plan_or_specs, with_places};
use crate::machine::{Console, Machine};
use crate::made::made_now;
use crate::mistakes::valid;
use crate::output::{print_json, print_text};
use crate::paint::paint;
use crate::progress::{Reporter, TICK};
use crate::reach::{Reach, Wanted};

/// How long to listen for an answer before it is looked whether the user has stopped the program.
const LISTEN: Duration = Duration::from_millis(100);

/// What is to be applied.
enum Input {
    /// Specs, to be planned for now, and the files that they are from.
    Specs(SpecSet, Vec<SpecFile>),
    /// A plan from a file, which the user has seen, and the files that it was made from.
    Plan(Box<Plan>, Vec<SpecFile>),
}

impl Input {
    /// Returns what is wanted of a cluster; `None` where none is asked anything, whichever is named.
    fn wanted_of_cluster(&self) -> Option<Wanted> {
        match self {
            Self::Specs(set, _) => Some(Wanted::by(set)),
            // Which hosts are meant was decided when it was made.
            Self::Plan(plan, _) => plan.cluster.as_ref().map(|_| Wanted { objects: true, labels: false }),
        }
    }

    fn writes_to_cluster(&self) -> bool {
        match self {
            Self::Specs(set, _) => set.writes_to_cluster(),
            Self::Plan(plan, _) => plan.cluster.is_some(),
        }
    }
}

/// Runs the command.
pub(super) fn run(
    args: &ApplyArgs,
    state_dir: Option<&Path>,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    machine.observe.prepare();
    let folder = state_dir.unwrap_or(&machine.state_dir);
    let lock = match args.dry_run {
        true => {
            vfctl_state::check_usable(folder).map_err(CliError::State)?;
            None
        }
        false => Some(lock_wait::acquire(folder, args.wait(), machine.clock, console)?),
    };
    let Some(input) = input(args, console, machine)? else { return Ok(Exit::Failed) };
    let reach = match input.wanted_of_cluster() {
        Some(wanted) => Reach::of(machine, &args.parts, wanted)?,
        None => Reach::without_cluster(machine),
    };
    reach.check(input.writes_to_cluster(), &args.parts)?;
    let scopes = reach.scopes();
    let mut before = Look::take(&scopes, &reach, machine.clock)?;
    let cut_off = match lock {
        Some(_) => CutOff::learn(folder, &mut before.world),
        None => CutOff::learn_by_looking(folder, &mut before.world),
    };
    let (plan, specs, seen, selectors) = match input {
        Input::Specs(set, specs) => {
            let options = args.parts.options();
            let (plan, selectors) = with_places(&set, |documents| {
                (vfctl_plan::plan(documents, &before.world, options), Selectors::of(documents))
            });
            proven(&plan)?;
            (plan, specs, false, selectors)
        }
        Input::Plan(plan, specs) => (*plan, specs, true, Selectors::default()),
    };
    let end = End { args, plan: &plan, specs: &specs };
    cut_off.report(Some(&plan), console);
    let is_left_out = !seen && selectors.report(&plan, &machine.name, console);
    if is_left_out && args.require_host {
        let why = "no document concerns this host, and --require-host was given";
        return Ok(end.refused(why, console));
    }
    report_stuck(&plan, &before.world, console);
    let detail = if args.allow_disruption { Detail::Allowed } else { Detail::Short };
    // Nobody agrees to what was not shown.
    let is_quiet = args.quiet && (args.yes || args.dry_run);
    let is_shown = (!seen || args.dry_run) && !is_quiet && !args.format.is_json();
    if is_shown {
        print_text(console, &render(&plan, detail))?;
    }
    if let Some(report) = refusal(&plan, args, is_shown) {
        return Ok(end.with(report, console));
    }
    let missing = permission::missing(&plan, &reach);
    if !missing.is_empty() {
        return Ok(end.with(Report::refused(missing), console));
    }
    if args.dry_run {
        return end.dry_run(&before.world, is_shown, console);
    }
    if plan.is_empty() && !seen {
        let report = nothing_to_do(&plan);
        // The plan has said it to whoever reads text.
        return Ok(if is_shown { exit(args, &report) } else { end.with(report, console) });
    }
    if !seen && !args.yes {
        if args.format.is_json() && console.can_ask {
            // Standard output is for the report alone; nobody agrees to what was not shown.
            console.say(&paint(&render(&plan, detail), console.terminal.colours_err));
        }
        match ask(console, machine.clock)? {
            Consent::Yes => {}
            Consent::No => return Ok(end.refused("you did not confirm", console)),
            Consent::Interrupted => {
                let why = "interrupted before you confirmed";
                end.refused(why, console);
                return Ok(Exit::Interrupted);
            }
        }
        // Minutes may have passed: what the plan rests on is held against the host of now.
        before = Look::take(&scopes, &reach, machine.clock)?;
    }
    if let Some(report) = vfctl_apply::refused_as_stale(&plan, &before.world) {
        return Ok(end.with(report, console));
    }
    if machine.clock.interrupted() {
        let why = "interrupted before anything was changed";
        end.refused(why, console);
        return Ok(Exit::Interrupted);
    }
    let journal = FileJournal::begin(folder).map_err(CliError::State)?;
    let report = {
        let progress = Reporter::new(args.progress(), console.terminal.updates_err, &mut *console.err);
        let edges = Edges {
            observe: &reach,
            perform: &reach,
            journal: &journal,
            clock: machine.clock,
            progress: &progress,
        };
        with_progress(&progress, || vfctl_apply::apply(&plan, &before, edges))
    };
    drop(lock);
    Ok(end.with(report, console))
}

/// Does the work while the progress is updated beside it.
fn with_progress<T>(progress: &Reporter<'_>, work: impl FnOnce() -> T) -> T {
    if !progress.is_live() {
        return work();
    }
    let (end, ended) = mpsc::channel::<()>();
    let done = std::thread::scope(|scope| {
        scope.spawn(move || {
            // Whoever drops the sender ends it, by a panic of the work as well.
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                progress.tick(Instant::now());
            }
        });
        let done = work();
        drop(end);
        done
    });
    progress.clear();
    done
}

/// Reads what is to be applied: a plan file, or specs that are planned for now; `None` where the specs have mistakes, which were
/// reported.
fn input(
    args: &ApplyArgs,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Option<Input>, CliError> {
    let inputs = args.inputs()?;
    match plan_or_specs(&inputs, &args.host_values.host_values)? {
        ApplyInput::Plan(Plan { made, mut hosts, cluster, .. }) => {
            let specs = made.map(|made| made.specs).unwrap_or_default();
            let path = inputs.first().cloned().unwrap_or_default();
            if args.parts.is_given() {
                return Err(CliError::PartsOfPlan { path });
            }
            if hosts.len() > 1 && cluster.is_some() {
                return Err(CliError::ClusterOfSeveral { path });
            }
            let own = hosts.remove(&machine.name).map(|host| (machine.name.clone(), host));
            if own.is_none() && (!hosts.is_empty() || cluster.is_none()) {
                return Err(CliError::NoPlanForHost { path, host: machine.name.to_string() });
            }
            let plan = Plan::new(own.into_iter().collect(), cluster);
            Ok(Some(Input::Plan(Box::new(plan), specs)))
        }
        ApplyInput::Specs(specs) => {
            Ok(valid(specs, args.format.is_json(), console)?.map(|(set, files)| Input::Specs(set, files)))
        }
    }
}

/// Returns why nothing may be written: with every reason where the plan is not shown above.
fn refusal(plan: &Plan, args: &ApplyArgs, is_shown: bool) -> Option<Report> {
    let (why, reasons) = match (plan.is_blocked(), plan.needs_consent() && !args.allow_disruption, is_shown) {
        (true, _, true) => ("the plan is blocked; correct the errors above first", Vec::new()),
        (true, _, false) => ("the plan is blocked; correct these errors first", plan.problems()),
        (false, true, true) => (
            "the plan destroys VFs or disrupts their users, named above; pass --allow-disruption to allow it",
            Vec::new(),
        ),
        (false, true, false) => (
            "the plan destroys VFs or disrupts their users; pass --allow-disruption to allow it",
            plan.disruptions().iter().flat_map(Disruption::texts).collect(),
        ),
        (false, false, _) => return None,
    };
    Some(Report::refused(std::iter::once(why.to_owned()).chain(reasons).collect()))
}

/// Returns the report of an apply that had nothing to do.
fn nothing_to_do(plan: &Plan) -> Report {
    let is_left_out = !plan.hosts.is_empty() && plan.hosts.values().all(|plan| plan.documents.is_empty());
    let result = match (is_left_out, plan.is_held()) {
        (true, _) => Ending::NotConcerned,
        (false, false) => Ending::Converged,
        (false, true) => Ending::Held,
    };
    Report { result, ..Report::refused(Vec::new()) }
}

/// Whether the user agrees.
enum Consent {
    /// Go on.
    Yes,
    /// Do not.
    No,
    /// Nothing: the user stopped the program.
    Interrupted,
}

/// Asks whether to go on.
fn ask(console: &mut Console<'_>, clock: &dyn Clock) -> Result<Consent, CliError> {
    if !console.can_ask {
        return Err(CliError::CannotAsk);
    }
    console.out.flush()?;
    console.say("Apply these changes? Only `yes` is accepted: ");
    // Read beside: a signal does not end the program, so that it would wait for a line without end.
    let (send, answers) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).map(|_| line);
        // Nobody hears it where the user has stopped the program.
        drop(send.send(read));
    });
    loop {
        match answers.recv_timeout(LISTEN) {
            Ok(answer) => {
                return Ok(if answer.map_err(CliError::Answer)?.trim() == "yes" {
                    Consent::Yes
                } else {
                    Consent::No
                });
            }
            Err(RecvTimeoutError::Timeout) if clock.interrupted() => return Ok(Consent::Interrupted),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(Consent::No),
        }
    }
}

/// Returns how the command ends.
fn exit(args: &ApplyArgs, report: &Report) -> Exit {
    match report.result {
        Ending::Held if !args.ignore_held => Exit::Held,
        Ending::Converged | Ending::Held | Ending::NotConcerned => Exit::Done,
        Ending::Refused | Ending::Failed => Exit::Failed,
        Ending::Interrupted => Exit::Interrupted,
    }
}

/// How the command ends, with what its report says besides.
struct End<'a> {
    args: &'a ApplyArgs,
    plan: &'a Plan,
    specs: &'a [SpecFile],
}

impl End<'_> {
    /// Prints the report; returns how the command ends: by what the report says, also where nobody hears it.
    fn with(&self, report: Report, console: &mut Console<'_>) -> Exit {
        let report = Report { made: Some(made_now(self.specs)), ..report.of(self.plan) };
        let exit = exit(self.args, &report);
        if self.args.quiet && matches!(exit, Exit::Done | Exit::Held) {
            return exit;
        }
        let printed = match self.args.format.is_json() {
            true => print_json(console, &report),
            false => print_text(console, &report.render()),
        };
        let Err(error) = printed else { return exit };
        // One that nobody reads is none: this is such as a full disk, which keeps the report from whoever needs it.
        let lost = with_causes(&error);
        console.say(&format!(
            "error: failed to {lost}; the report is lost\n  fix: apply again; it changes only what is left\n"
        ));
        match exit {
            Exit::Done | Exit::Held => Exit::Failed,
            exit => exit,
        }
    }

    /// Ends a dry run of a plan that nothing refuses so far; with JSON its document is the plan.
    fn dry_run(&self, world: &World, is_shown: bool, console: &mut Console<'_>) -> Result<Exit, CliError> {
        if let Some(report) = vfctl_apply::refused_as_stale(self.plan, world) {
            return Ok(self.with(report, console));
        }
        if is_shown {
            writeln!(console.out, "Dry run: nothing was changed.")?;
        } else if self.args.format.is_json() {
            print_json(console, self.plan)?;
        }
        let is_held = self.plan.is_held() && !self.args.ignore_held;
        Ok(if is_held { Exit::Held } else { Exit::Done })
    }

    /// Prints the report of an apply that was refused for this reason.
    fn refused(&self, why: &str, console: &mut Console<'_>) -> Exit {
        self.with(Report::refused(vec![why.to_owned()]), console)
    }
}
