//! The command line of `pod`.

use std::path::PathBuf;

use clap::Args;
use vfctl_model::NamespaceName;

use super::DocumentFormat;
use crate::format::Formats;

/// The options of `pod`.
#[derive(Debug, Args)]
pub struct PodArgs {
    /// The networks, by their names in the specs [default: all of them].
    #[arg(value_name = "NETWORK")]
    pub networks: Vec<String>,
    /// Spec files, folders of them, or `-` for standard input [default: /etc/vfctl].
    #[arg(short, long, value_name = "SPEC")]
    pub file: Vec<PathBuf>,
    /// The pod's namespace [default: the first that has all of the networks].
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<NamespaceName>,
    /// The output format.
    #[arg(short, long, value_name = "FORMAT", value_parser = Formats::<DocumentFormat>::or_to_file("the stanza"), default_value = "yaml")]
    pub output: DocumentFormat,
}
