//! `testbed run` and `testbed simulate`: scenarios, one after another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Args;

use super::hardware::Hardware;
use crate::place::{Kernel, Place, Simulator};
use crate::programs;
use crate::report::{self, Report, Run};
use crate::runner;
use crate::scenario::{Scenario, parser};
use crate::transcript::RunResult;
use crate::{fixtures, image};

/// What both commands need to know.
#[derive(Debug, Args)]
pub(super) struct Choice {
    /// Scenario files, or folders of them; otherwise all of the testbed's
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,
    /// Run only for this role
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Where to write transcripts and results; what is there is deleted
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

/// The arguments of `testbed run`.
#[derive(Debug, Args)]
pub(super) struct RunArguments {
    #[command(flatten)]
    hardware: Hardware,
    #[command(flatten)]
    choice: Choice,
    /// Instead of scenarios: what vfctl does with this spec
    #[arg(long, value_name = "FILE", conflicts_with = "scenarios")]
    spec: Option<PathBuf>,
    /// How many guests share the scenarios; each takes 2.5 GiB and a core
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=16))]
    guests: u16,
}

/// The arguments of `testbed simulate`.
#[derive(Debug, Args)]
pub(super) struct SimulateArguments {
    #[command(flatten)]
    choice: Choice,
    /// The simulator; otherwise the one built last
    #[arg(long, value_name = "BIN")]
    sim: Option<PathBuf>,
}

/// Runs scenarios in the guest.
///
/// # Errors
///
/// When they cannot be run at all.
pub(super) fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let RunArguments { hardware, choice, spec, guests } = arguments;
    if let Some(spec) = spec {
        return try_spec(hardware, spec);
    }
    let scenarios = choice.scenarios()?;
    let report = choice.report("kernel")?;
    let started = Instant::now();
    let plan = hardware.plan()?;
    // The image is built once, before guests look for it side by side.
    image::find_or_build()?;
    let boot = |number: u16| -> Open<'_> {
        let name = if *guests == 1 { "console".to_owned() } else { format!("console-of-{number}") };
        let (plan, report) = (plan.clone(), &report);
        Box::new(move || {
            let kernel = Kernel::open(plan.clone(), report, &name)?;
            eprintln!("testbed: a guest is ready after {:.1} s", started.elapsed().as_secs_f32());
            Ok(Box::new(kernel))
        })
    };
    run_all((1..=*guests).map(boot).collect(), &scenarios, choice.role.as_deref(), &report)
}

/// Runs scenarios on the simulator.
///
/// # Errors
///
/// When they cannot be run at all.
pub(super) fn simulate(arguments: &SimulateArguments) -> anyhow::Result<ExitCode> {
    let SimulateArguments { choice, sim } = arguments;
    let scenarios = choice.scenarios()?;
    let report = choice.report("sim")?;
    let program = programs::find("vfctl-sim", sim.as_deref())?;
    let roles = fixtures::roles()?;
    let open: Open<'_> =
        Box::new(|| Ok(Box::new(Simulator::open(&program, &fixtures::facts(), roles.clone())?)));
    run_all(vec![open], &scenarios, choice.role.as_deref(), &report)
}

impl Choice {
    fn scenarios(&self) -> anyhow::Result<Vec<Scenario>> {
        let all = [Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")];
        let paths = if self.scenarios.is_empty() { &all[..] } else { &self.scenarios };
        let scenarios = parser::read_all(paths)?;
        ensure!(!scenarios.is_empty(), "find a scenario in what was named");
        Ok(scenarios)
    }

    fn report(&self, place: &str) -> anyhow::Result<PathBuf> {
        let folder = match &self.report {
            Some(folder) => folder.clone(),
            None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/testbed").join(place),
        };
        report::make_folder(&folder)?;
        fs::canonicalize(&folder).with_context(|| format!("find the report {}", folder.display()))
    }
}

/// One scenario for one role.
struct Job<'a> {
    scenario: &'a Scenario,
    role: Option<&'a str>,
}

impl Job<'_> {
    fn name(&self) -> String {
        let Job { scenario, role } = self;
        role.map_or(scenario.name.clone(), |role| format!("{}@{role}", scenario.name))
    }

    /// Runs, keeps the transcript, and says how it ended.
    fn run(&self, place: &mut dyn Place, folder: &Path) -> anyhow::Result<Run> {
        let Job { scenario, role } = *self;
        let started = Instant::now();
        let transcript = runner::run(place, scenario, role);
        let kept = report::keep(folder, &self.name(), &transcript)?;
        let line = format!("{}  {:.1} s", self.name(), started.elapsed().as_secs_f32());
        // One call each: places side by side shall not mix their lines.
        match &transcript.verdict {
            RunResult::Passed => println!("pass  {line}"),
            RunResult::Failed { .. } => {
                println!("{}FAIL  {line}\n      {}", transcript.text(), kept.display())
            }
            RunResult::NotHere { .. } => println!("none  {line}"),
        }
        Ok(Run {
            scenario: scenario.name.clone(),
            role: role.map(str::to_owned),
            hardware: role.and_then(|role| Some(place.roles().get(role)?.hardware.clone())),
            essence: transcript.essence(),
            verdict: transcript.verdict,
        })
    }
}

/// Opens a place; called in the thread that uses it, since a guest ends with the thread that has begun it.
type Open<'a> = Box<dyn Fn() -> anyhow::Result<Box<dyn Place>> + Send + 'a>;

/// Runs each scenario in whichever place is free; the report is in the order of the scenarios.
fn run_all(
    places: Vec<Open<'_>>,
    scenarios: &[Scenario],
    only_role: Option<&str>,
    folder: &Path,
) -> anyhow::Result<ExitCode> {
    let jobs: Vec<Job<'_>> = scenarios
        .iter()
        .flat_map(|scenario| scenario.on.runs().into_iter().map(move |role| Job { scenario, role }))
        .filter(|job| only_role.is_none_or(|only| job.role == Some(only)))
        .collect();
    let next = AtomicUsize::new(0);
    let work = |open: Open<'_>| -> anyhow::Result<(&'static str, Vec<(usize, Run)>)> {
        // An emulator that stands still at boot is nobody's doing: the others do its share, and it is said.
        let again = |error: anyhow::Error| {
            eprintln!("testbed: trying again: failed to open a place: {error:#}");
            open()
        };
        let mut place = match open().or_else(again) {
            Ok(place) => place,
            Err(error) => {
                eprintln!("testbed: doing with one place less: {error:#}");
                return Ok(("", Vec::new()));
            }
        };
        let mut runs = Vec::new();
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(position) else { return Ok((place.name(), runs)) };
            runs.push((position, job.run(&mut *place, folder)?));
        }
    };
    let mut named = "";
    let mut runs: Vec<(usize, Run)> = Vec::new();
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let threads: Vec<_> = places.into_iter().map(|open| scope.spawn(|| work(open))).collect();
        for thread in threads {
            let (name, done) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            if !name.is_empty() {
                named = name;
            }
            runs.extend(done);
        }
        Ok(())
    })?;
    ensure!(runs.len() == jobs.len(), "run all {} scenarios: {} were", jobs.len(), runs.len());
    runs.sort_by_key(|(position, _)| *position);
    let report = Report { place: named.to_owned(), runs: runs.into_iter().map(|(_, run)| run).collect() };
    report.write(folder)?;
    let count = |is: fn(&RunResult) -> bool| report.runs.iter().filter(|run| is(&run.verdict)).count();
    let passed = count(|verdict| matches!(verdict, RunResult::Passed));
    let failed = count(|verdict| matches!(verdict, RunResult::Failed { .. }));
    let not_here = count(|verdict| matches!(verdict, RunResult::NotHere { .. }));
    ensure!(passed + failed > 0, "run anything: no scenario of those named runs here");
    println!("{passed} passed, {failed} failed, {not_here} not for this place");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What vfctl does with a spec on fresh hardware.
fn try_spec(hardware: &Hardware, spec: &Path) -> anyhow::Result<ExitCode> {
    let text = fs::read_to_string(spec).with_context(|| format!("read {}", spec.display()))?;
    let scratch = tempfile::tempdir().context("make a folder for the console's log")?;
    let mut kernel = Kernel::open(hardware.plan()?, scratch.path(), "console")?;
    kernel.begin()?;
    kernel.put("spec.yaml", &text)?;
    let mut code = 0;
    for arguments in ["discover", "plan spec.yaml", "apply spec.yaml --yes", "plan spec.yaml"] {
        println!("$ vfctl {arguments}");
        let output = kernel.vfctl(arguments)?;
        print!("{}{}", output.stdout, output.stderr);
        code = output.code.unwrap_or(124);
        println!("exit {code}\n");
    }
    // The last plan says whether the spec holds.
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}
