//! The command lines of what a shell and `man` know of vfctl.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// The options of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// The options of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each command into this folder, which is created if it does not exist [default: print the page of vfctl].
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}
