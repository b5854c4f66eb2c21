//! `testbed matrix`: which scenario runs where, kept in `MATRIX.md`; `testbed compare`: whether both places agree on
//! scenarios that are not kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Args;

use crate::matrix::{Matrix, matrix};
use crate::report::Report;
use crate::scenario::files::{self, Needs};

/// The arguments of `testbed matrix`.
#[derive(Debug, Args)]
pub(super) struct MatrixArguments {
    /// Write the committed matrix; otherwise it is compared
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Fail when the committed matrix is another; the default
    #[arg(long)]
    check: bool,
    /// The report folders of `run` and `simulate`
    #[arg(required = true, value_name = "REPORT")]
    reports: Vec<PathBuf>,
}

/// The arguments of `testbed compare`.
#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// Scenario files, or folders of them
    #[arg(required = true, value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,
    /// The report folders of `run` and `simulate`; the option is given for each
    #[arg(long = "report", required = true, value_name = "REPORT")]
    reports: Vec<PathBuf>,
}

/// Says where the places do not agree.
///
/// # Errors
///
/// When a file cannot be read, and when there is nothing to compare.
pub(super) fn compare(arguments: &CompareArguments) -> anyhow::Result<ExitCode> {
    let CompareArguments { scenarios, reports } = arguments;
    let scenarios = files::read_all(scenarios, Needs::NoCluster)?;
    ensure!(!scenarios.is_empty(), "compare anything: there is no scenario");
    let Matrix { text: _, problems } = matrix(&scenarios, &read(reports)?);
    Ok(end(scenarios.len(), &problems))
}

fn read(reports: &[PathBuf]) -> anyhow::Result<Vec<Report>> {
    Ok(reports.iter().map(|folder| Report::read(folder)).collect::<Result<_, _>>()?)
}

fn end(scenarios: usize, problems: &[String]) -> ExitCode {
    for problem in problems {
        println!("{problem}");
    }
    println!("{scenarios} scenarios, {} problems", problems.len());
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Writes or checks the matrix.
///
/// # Errors
///
/// When a file cannot be read or written.
pub(super) fn write_or_check(arguments: &MatrixArguments) -> anyhow::Result<ExitCode> {
    let MatrixArguments { write, check: _, reports } = arguments;
    let testbed = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenarios = files::read_all(&[testbed.join("scenarios")], Needs::NoCluster)?;
    let Matrix { text, mut problems } = matrix(&scenarios, &read(reports)?);
    let committed = testbed.join("MATRIX.md");
    if *write {
        fs::write(&committed, &text).with_context(|| format!("write {}", committed.display()))?;
    } else if fs::read_to_string(&committed).ok().as_deref() != Some(text.as_str()) {
        problems.push(
            "testbed/MATRIX.md is another than these reports make: run `testbed matrix --write`".to_owned(),
        );
    }
    Ok(end(scenarios.len(), &problems))
}
