//! `vfctl apply`: plan, show, ask, perform, verify, report.

use std::io::BufRead;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use vfctl_apply::{Edges, Look, Report, Result as Ending};
use vfctl_plan::{Detail, HostPlan, Plan, check, render};
use vfctl_port::{Clock, HostFacts, with_causes};
use vfctl_state::{FileJournal, Lock};

use crate::args::ApplyArgs;
use crate::command::cut_off::tell_holder;
use crate::command::plan::tell_of_stuck;
use crate::error::{CliError, Exit};
use crate::input::{Specs, Wish, plan_or_specs, with_sources};
use crate::machine::{Console, Machine};
use crate::output::{print_json, tell_mistakes};
use crate::progress::Lines;

/// How long to listen for an answer before it is looked whether the user has stopped the program.
const LISTEN: Duration = Duration::from_millis(100);

/// What is to be applied.
enum Intent {
    /// A plan made now.
    Fresh(HostPlan),
    /// A plan from a file, which the user has seen.
    Filed(HostPlan),
    /// The specs have mistakes, which were told.
    Wrong,
}

/// Runs the command.
pub(super) fn run(
    args: &ApplyArgs,
    state_dir: Option<&Path>,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Exit, CliError> {
    let folder = state_dir.unwrap_or(&machine.state_dir);
    let lock = Lock::acquire(folder).map_err(|error| CliError::State(error.into()))?;
    let mut before = Look::take(machine.observe, machine.clock)?;
    tell_holder(folder, &before.host, console);
    let (plan, seen) = match intent(args, &before.host, console, machine)? {
        Intent::Wrong => return Ok(Exit::Failed),
        Intent::Fresh(plan) => (plan, false),
        Intent::Filed(plan) => (plan, true),
    };
    tell_of_stuck(&plan, &before.host, console);
    if !seen && !args.json {
        write!(console.out, "{}", text_of(&plan, machine))?;
    }
    if let Some(report) = refusal(&plan, args) {
        return Ok(finish(args, console, &report));
    }
    if plan.is_empty() && !seen {
        return Ok(if args.json { finish(args, console, &nothing_to_do()) } else { Exit::Done });
    }
    if !seen && !args.yes {
        if args.json && console.can_ask {
            // Standard output is for the report alone; nobody agrees to what was not shown.
            console.talk(&text_of(&plan, machine));
        }
        match ask(console, machine.clock)? {
            Answer::Yes => {}
            Answer::No => {
                return Ok(finish(args, console, &Report::refused(vec!["you did not agree".to_owned()])));
            }
            Answer::Interrupted => {
                let why = "you stopped it before you agreed";
                finish(args, console, &Report::refused(vec![why.to_owned()]));
                return Ok(Exit::Interrupted);
            }
        }
        // Minutes may have passed: what the plan rests on is held against the host of now.
        before = Look::take(machine.observe, machine.clock)?;
    }
    if let Some(report) = vfctl_apply::refused_as_stale(&plan, &before.host) {
        return Ok(finish(args, console, &report));
    }
    let journal = FileJournal::begin(folder).map_err(|error| CliError::State(error.into()))?;
    let report = {
        let progress = Lines(Mutex::new(&mut *console.err));
        let edges = Edges {
            observe: machine.observe,
            perform: machine.perform,
            journal: &journal,
            clock: machine.clock,
            progress: &progress,
        };
        vfctl_apply::apply(&plan, &before, edges)
    };
    drop(lock);
    Ok(finish(args, console, &report))
}

/// Reads what is to be applied: a plan file, or specs that are planned now.
fn intent(
    args: &ApplyArgs,
    before: &HostFacts,
    console: &mut Console<'_>,
    machine: &Machine<'_>,
) -> Result<Intent, CliError> {
    match plan_or_specs(&args.inputs)? {
        Wish::Plan(Plan { format: _, mut hosts }) => {
            let path = || args.inputs.first().cloned().unwrap_or_default();
            let host = hosts.remove(&machine.name);
            host.map(Intent::Filed)
                .ok_or_else(|| CliError::NoPlanForHost { path: path(), host: machine.name.to_string() })
        }
        Wish::Specs(Specs::Wrong(diagnostics, sources)) => {
            tell_mistakes(args.json, &diagnostics, &sources, console)?;
            Ok(Intent::Wrong)
        }
        Wish::Specs(Specs::Valid(set)) => {
            let plan = with_sources(&set, |sources| vfctl_plan::plan_host(sources, &machine.name, before));
            check(&plan).map_err(|flaws| {
                let flaws = flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                CliError::FlawedPlan { flaws }
            })?;
            Ok(Intent::Fresh(plan))
        }
    }
}

/// Returns what the user is shown of a plan for this host.
fn text_of(plan: &HostPlan, machine: &Machine<'_>) -> String {
    render(&Plan::new([(machine.name.clone(), plan.clone())].into()), Detail::Short)
}

/// Returns why nothing may be written.
fn refusal(plan: &HostPlan, args: &ApplyArgs) -> Option<Report> {
    if plan.is_blocked() {
        return Some(Report::refused(vec!["the plan is blocked; mend the errors above first".to_owned()]));
    }
    if plan.needs_consent() && !args.allow_disruption {
        let why =
            "the plan destroys VFs or hurts their users, named above; pass --allow-disruption to consent";
        return Some(Report::refused(vec![why.to_owned()]));
    }
    None
}

/// Returns the report of an apply that had nothing to do.
fn nothing_to_do() -> Report {
    Report { result: Ending::Converged, ..Report::refused(Vec::new()) }
}

/// What the user said.
enum Answer {
    /// Go on.
    Yes,
    /// Do not.
    No,
    /// Nothing: the user stopped the program.
    Interrupted,
}

/// Asks whether to go on.
fn ask(console: &mut Console<'_>, clock: &dyn Clock) -> Result<Answer, CliError> {
    if !console.can_ask {
        return Err(CliError::CannotAsk);
    }
    console.out.flush()?;
    console.talk("Apply these changes? Only `yes` is taken as a yes: ");
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
                    Answer::Yes
                } else {
                    Answer::No
                });
            }
            Err(RecvTimeoutError::Timeout) if clock.interrupted() => return Ok(Answer::Interrupted),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(Answer::No),
        }
    }
}

/// Prints the report; returns how the command ends: by what the report says, also where nobody hears it.
fn finish(args: &ApplyArgs, console: &mut Console<'_>, report: &Report) -> Exit {
    let printed = match args.json {
        true => print_json(console, report),
        false => console.out.write_all(report.render().as_bytes()).map_err(CliError::from),
    };
    if let Err(error) = printed {
        console.talk(&format!("note: failed to {}; the report is lost\n", with_causes(&error)));
    }
    match report.result {
        Ending::Converged => Exit::Done,
        Ending::Refused | Ending::Failed => Exit::Failed,
        Ending::Interrupted => Exit::Interrupted,
    }
}
