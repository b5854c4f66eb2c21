//! `testbed matrix`: which scenario runs where, kept in `MATRIX.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::matrix::{Matrix, matrix};
use crate::report::Report;
use crate::scenario::parser;

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

/// Writes or checks the matrix.
///
/// # Errors
///
/// When a file cannot be read or written.
pub(super) fn write_or_check(arguments: &MatrixArguments) -> anyhow::Result<ExitCode> {
    let MatrixArguments { write, check: _, reports } = arguments;
    let testbed = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenarios = parser::read_all(&[testbed.join("scenarios")])?;
    let reports = reports.iter().map(|folder| Report::read(folder)).collect::<Result<Vec<_>, _>>()?;
    let Matrix { text, mut problems } = matrix(&scenarios, &reports);
    let committed = testbed.join("MATRIX.md");
    if *write {
        fs::write(&committed, &text).with_context(|| format!("write {}", committed.display()))?;
    } else if fs::read_to_string(&committed).ok().as_deref() != Some(text.as_str()) {
        problems.push(
            "testbed/MATRIX.md is another than these reports make: run `testbed matrix --write`".to_owned(),
        );
    }
    for problem in &problems {
        println!("{problem}");
    }
    println!("{} scenarios, {} problems", scenarios.len(), problems.len());
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
