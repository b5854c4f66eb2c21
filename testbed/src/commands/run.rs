//! `testbed run` and `testbed simulate`: scenarios, one after another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Args;

use super::arguments::Hardware;
use crate::fixtures;
use crate::place::{Kernel, Place, Simulator};
use crate::programs;
use crate::report::{self, Report, Run};
use crate::runner;
use crate::scenario::{Scenario, parser};
use crate::transcript::Verdict;

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
    let RunArguments { hardware, choice, spec } = arguments;
    if let Some(spec) = spec {
        return try_spec(hardware, spec);
    }
    let scenarios = choice.scenarios()?;
    let report = choice.report("kernel")?;
    let started = Instant::now();
    let mut kernel = Kernel::open(hardware.plan()?, &report)?;
    eprintln!("testbed: the guest is ready after {:.1} s", started.elapsed().as_secs_f32());
    run_all(&mut kernel, &scenarios, choice.role.as_deref(), &report)
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
    let mut simulator = Simulator::open(&program, &fixtures::facts(), fixtures::roles()?)?;
    run_all(&mut simulator, &scenarios, choice.role.as_deref(), &report)
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

fn run_all(
    place: &mut dyn Place,
    scenarios: &[Scenario],
    only_role: Option<&str>,
    folder: &Path,
) -> anyhow::Result<ExitCode> {
    let mut report = Report { place: place.name().to_owned(), runs: Vec::new() };
    let (mut passed, mut failed, mut not_here) = (0_u32, 0_u32, 0_u32);
    for scenario in scenarios {
        for role in scenario.on.runs() {
            if only_role.is_some_and(|only| role != Some(only)) {
                continue;
            }
            let name = role.map_or(scenario.name.clone(), |role| format!("{}@{role}", scenario.name));
            let started = Instant::now();
            let transcript = runner::run(place, scenario, role);
            let kept = report::keep(folder, &name, &transcript)?;
            let word = match &transcript.verdict {
                Verdict::Passed => {
                    passed += 1;
                    "pass"
                }
                Verdict::Failed { .. } => {
                    failed += 1;
                    print!("{}", transcript.text());
                    "FAIL"
                }
                Verdict::NotHere { .. } => {
                    not_here += 1;
                    "none"
                }
            };
            println!("{word}  {name}  {:.1} s", started.elapsed().as_secs_f32());
            if word == "FAIL" {
                println!("      {}", kept.display());
            }
            report.runs.push(Run {
                scenario: scenario.name.clone(),
                role: role.map(str::to_owned),
                hardware: role.and_then(|role| Some(place.roles().get(role)?.hardware.clone())),
                essence: transcript.essence(),
                verdict: transcript.verdict,
            });
        }
    }
    report.write(folder)?;
    ensure!(passed + failed > 0, "run anything: no scenario of those named runs here");
    println!("{passed} passed, {failed} failed, {not_here} not for this place");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What vfctl does with a spec on fresh hardware.
fn try_spec(hardware: &Hardware, spec: &Path) -> anyhow::Result<ExitCode> {
    let text = fs::read_to_string(spec).with_context(|| format!("read {}", spec.display()))?;
    let scratch = tempfile::tempdir().context("make a folder for the console's log")?;
    let mut kernel = Kernel::open(hardware.plan()?, scratch.path())?;
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
