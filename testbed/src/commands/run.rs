//! `testbed run` and `testbed simulate`: scenarios, one after another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Args;

use super::hardware::Hardware;
use crate::fixtures;
use crate::image::{self, Userland};
use crate::lab::Plan;
use crate::place::{Kernel, Place, Simulator};
use crate::programs;
use crate::report::{self, Report, Run};
use crate::runner;
use crate::scenario::Scenario;
use crate::scenario::files::{self, Needs};
use crate::transcript::RunResult;

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
    // It prints what vfctl says, and has neither transcripts nor roles.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["scenarios", "report", "role", "guests"])]
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
    let scenarios = choice.scenarios(Needs::NoCluster)?;
    let report = choice.report("kernel")?;
    let started = Instant::now();
    let plan = hardware.plan()?;
    let shares: Vec<Share<'_>> = Userland::ALL
        .into_iter()
        .map(|userland| Share {
            userland,
            jobs: jobs(&scenarios, choice.role.as_deref())
                .filter(|(_, job)| hardware.userland().unwrap_or(job.scenario.guest) == userland)
                .collect(),
            next: AtomicUsize::new(0),
        })
        .filter(|share| !share.jobs.is_empty())
        .collect();
    // The images are built once, before guests look for them side by side.
    for share in &shares {
        image::find_or_build(share.userland)?;
    }
    let boot = |number: u16, userland: Userland| -> Open<'_> {
        let plan = Plan { userland, ..plan.clone() };
        let console = console_name(userland, number, *guests);
        let report = &report;
        Box::new(move || {
            let kernel = Kernel::open(plan.clone(), report, &console)?;
            eprintln!("testbed: a {userland} guest is ready after {:.1} s", started.elapsed().as_secs_f32());
            Ok(Box::new(kernel))
        })
    };
    // Each kind of guest is booted as often as there is work for it, and the first worker does the Debian guest's
    // alone: without KVM a guest keeps a core busy.
    let work = |number: u16| -> Worker<'_> {
        shares
            .iter()
            .filter(|share| number == 1 || share.userland == Userland::Small)
            .map(|share| (share, boot(number, share.userland)))
            .collect()
    };
    run_all((1..=*guests).map(work).collect(), &shares, &report)
}

/// How a guest's console is called in the report.
fn console_name(userland: Userland, number: u16, guests: u16) -> String {
    match (userland, guests) {
        (Userland::Debian, _) => "console-of-debian".to_owned(),
        (Userland::Small, 1) => "console".to_owned(),
        (Userland::Small, _) => format!("console-of-{number}"),
    }
}

/// Runs scenarios on the simulator.
///
/// # Errors
///
/// When they cannot be run at all.
pub(super) fn simulate(arguments: &SimulateArguments) -> anyhow::Result<ExitCode> {
    let SimulateArguments { choice, sim } = arguments;
    let scenarios = choice.scenarios(Needs::NoCluster)?;
    let report = choice.report("sim")?;
    let program = programs::find("vfctl-sim", sim.as_deref())?;
    let roles = fixtures::roles()?;
    let open: Open<'_> =
        Box::new(|| Ok(Box::new(Simulator::open(&program, &fixtures::facts(), roles.clone())?)));
    run_in_one(&scenarios, choice.role.as_deref(), open, &report)
}

/// Runs scenarios one after another in one place.
pub(super) fn run_in_one(
    scenarios: &[Scenario],
    role: Option<&str>,
    open: Open<'_>,
    report: &Path,
) -> anyhow::Result<ExitCode> {
    let share =
        Share { userland: Userland::Small, jobs: jobs(scenarios, role).collect(), next: AtomicUsize::new(0) };
    run_all(vec![vec![(&share, open)]], std::slice::from_ref(&share), report)
}

impl Choice {
    pub(super) fn scenarios(&self, needs: Needs) -> anyhow::Result<Vec<Scenario>> {
        let all = [Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")];
        let paths = if self.scenarios.is_empty() { &all[..] } else { &self.scenarios };
        let scenarios = files::read_all(paths, needs)?;
        ensure!(!scenarios.is_empty(), "find a scenario in what was named");
        Ok(scenarios)
    }

    pub(super) fn report(&self, place: &str) -> anyhow::Result<PathBuf> {
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

/// All runs of the scenarios, each with its place in the report.
fn jobs<'a>(scenarios: &'a [Scenario], only_role: Option<&'a str>) -> impl Iterator<Item = (usize, Job<'a>)> {
    scenarios
        .iter()
        .flat_map(|scenario| scenario.on.runs().into_iter().map(move |role| Job { scenario, role }))
        .filter(move |job| only_role.is_none_or(|only| job.role == Some(only)))
        .enumerate()
}

/// What runs in places of one kind, whichever of them is free.
struct Share<'a> {
    userland: Userland,
    jobs: Vec<(usize, Job<'a>)>,
    next: AtomicUsize,
}

impl Share<'_> {
    fn take(&self) -> Option<&(usize, Job<'_>)> {
        self.jobs.get(self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn is_done(&self) -> bool {
        self.next.load(Ordering::Relaxed) >= self.jobs.len()
    }
}

/// Opens a place; called in the thread that uses it, since a guest ends with the thread that has begun it.
pub(super) type Open<'a> = Box<dyn Fn() -> anyhow::Result<Box<dyn Place>> + Send + 'a>;

/// What one thread does, one after the other: a place of its own for each share.
type Worker<'a> = Vec<(&'a Share<'a>, Open<'a>)>;

/// Runs what is left of a share in one place.
fn run_share(
    share: &Share<'_>,
    open: &Open<'_>,
    folder: &Path,
) -> anyhow::Result<(&'static str, Vec<(usize, Run)>)> {
    // An emulator that stands still at boot is nobody's doing: the others do its share, and it is said.
    let again = |error: anyhow::Error| {
        eprintln!("testbed: trying again: failed to open a place: {error:#}");
        open()
    };
    let mut runs = Vec::new();
    let mut place = match open().or_else(again) {
        Ok(place) => place,
        Err(error) => {
            eprintln!("testbed: doing with one place less: {error:#}");
            return Ok(("", runs));
        }
    };
    while let Some((position, job)) = share.take() {
        runs.push((*position, job.run(&mut *place, folder)?));
    }
    Ok((place.name(), runs))
}

/// Runs each scenario in whichever place is free; the report is in the order of the scenarios.
fn run_all(workers: Vec<Worker<'_>>, shares: &[Share<'_>], folder: &Path) -> anyhow::Result<ExitCode> {
    let count: usize = shares.iter().map(|share| share.jobs.len()).sum();
    let work = |worker: Worker<'_>| -> anyhow::Result<(&'static str, Vec<(usize, Run)>)> {
        let mut all = ("", Vec::new());
        for (share, open) in worker {
            if share.is_done() {
                continue;
            }
            let (name, runs) = run_share(share, &open, folder)?;
            all.0 = if name.is_empty() { all.0 } else { name };
            all.1.extend(runs);
        }
        Ok(all)
    };
    let mut named = "";
    let mut runs: Vec<(usize, Run)> = Vec::new();
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let threads: Vec<_> = workers.into_iter().map(|worker| scope.spawn(|| work(worker))).collect();
        for thread in threads {
            let (name, done) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            if !name.is_empty() {
                named = name;
            }
            runs.extend(done);
        }
        Ok(())
    })?;
    ensure!(runs.len() == count, "run all {count} scenarios: {} were", runs.len());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::echo::echo;
    use crate::scenario::parser;
    use std::sync::Mutex;

    fn scenario(name: &str, head: &str) -> Scenario {
        let text = format!("title: t\non: pf0 pf1\n{head}kernel-only: a test\n$ vfctl plan a\n");
        parser::parse(&text, Path::new(name)).unwrap()
    }

    #[test]
    fn scenarios_run_once_each_in_the_guest_that_they_ask_for() {
        let scenarios = [scenario("a", ""), scenario("b", "guest: debian\n"), scenario("c", "")];
        let shares = Userland::ALL.map(|userland| Share {
            userland,
            jobs: jobs(&scenarios, None).filter(|(_, job)| job.scenario.guest == userland).collect(),
            next: AtomicUsize::new(0),
        });
        let opened = Mutex::new(Vec::new());
        let open = |userland: Userland| -> Open<'_> {
            let opened = &opened;
            Box::new(move || {
                opened.lock().unwrap().push(userland);
                Ok(Box::new(echo("", 0)))
            })
        };
        let workers = vec![
            shares.iter().map(|share| (share, open(share.userland))).collect(),
            shares
                .iter()
                .filter(|share| share.userland == Userland::Small)
                .map(|share| (share, open(share.userland)))
                .collect(),
        ];
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(run_all(workers, &shares, folder.path()).unwrap(), ExitCode::SUCCESS);
        let report = Report::read(folder.path()).unwrap();
        let ran: Vec<_> =
            report.runs.iter().map(|run| (run.scenario.as_str(), run.role.as_deref().unwrap())).collect();
        assert_eq!(ran, [("a", "pf0"), ("a", "pf1"), ("b", "pf0"), ("b", "pf1"), ("c", "pf0"), ("c", "pf1")]);
        let opened = opened.into_inner().unwrap();
        assert_eq!(opened.iter().filter(|userland| **userland == Userland::Debian).count(), 1, "{opened:?}");
    }
}
