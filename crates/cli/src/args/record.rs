//! The command line of `record`.

use std::path::PathBuf;

use clap::Args;

use super::DocumentFormat;
use crate::format::Formats;
use crate::reach::ClusterArgs;

/// The options of `record`.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Record the cluster instead of this host: its nodes, networks, device plugins and the pods that use them.
    #[arg(long)]
    pub cluster: bool,
    #[command(flatten)]
    pub access: ClusterArgs,
    /// Write to this file; `-` is standard output [default: -].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The output format.
    #[arg(short, long, value_name = "FORMAT", value_parser = Formats::<DocumentFormat>::or_to_file("the facts"), default_value = "json")]
    pub output: DocumentFormat,
    /// Write the values of all kernel arguments, which may hold passwords [default: only of those that SR-IOV needs].
    #[arg(long)]
    pub full: bool,
    /// The same as `-o json`.
    #[arg(long, conflicts_with = "output")]
    pub json: bool,
}
