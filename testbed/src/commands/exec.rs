//! `testbed exec`: commands in a fresh guest.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::hardware::Hardware;
use crate::lab::Lab;

/// The arguments of `testbed exec`.
#[derive(Debug, Args)]
pub(super) struct ExecArguments {
    #[command(flatten)]
    hardware: Hardware,
    /// A file or folder to put into the working folder (repeatable)
    #[arg(long, value_name = "PATH")]
    copy: Vec<PathBuf>,
    /// How long each command may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    limit: u64,
    /// Where to write the console's log; otherwise it is not kept
    #[arg(long, value_name = "FILE")]
    console: Option<PathBuf>,
    /// Shell commands, one after another
    #[arg(required = true, last = true, value_name = "COMMAND")]
    commands: Vec<String>,
}

/// Boots, runs the commands, prints their outputs.
///
/// # Errors
///
/// When the guest breaks.
pub(super) fn exec(arguments: &ExecArguments) -> anyhow::Result<ExitCode> {
    let ExecArguments { hardware, copy, limit, console, commands } = arguments;
    let scratch = tempfile::tempdir().context("make a folder for the console's log")?;
    let console = console.clone().unwrap_or_else(|| scratch.path().join("console.log"));
    let mut lab = Lab::open(&hardware.plan()?, &console)?;
    let (work, work_in_guest) = lab.folder("work")?;
    for path in copy {
        copy_into(path, &work).with_context(|| format!("copy {} into the guest", path.display()))?;
    }
    for command in commands {
        let output = lab.guest.run(command, &work_in_guest, Duration::from_secs(*limit))?;
        print!("{}", output.stdout);
        eprint!("{}", output.stderr);
        match output.code {
            Some(0) => {}
            Some(code) => return Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))),
            None => {
                eprintln!("testbed: killed after {limit} s: {command}");
                return Ok(ExitCode::from(124));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn copy_into(path: &Path, folder: &Path) -> anyhow::Result<()> {
    let name = path.file_name().context("a path that ends in a name is needed")?;
    let target = folder.join(name);
    if !path.is_dir() {
        fs::copy(path, target)?;
        return Ok(());
    }
    fs::create_dir(&target)?;
    for entry in fs::read_dir(path)? {
        copy_into(&entry?.path(), &target)?;
    }
    Ok(())
}
