//! Where specs and values of hosts come from.

use std::path::PathBuf;

use clap::Args;

use crate::error::CliError;
use crate::spec_folder::or_folder;

/// Where specs come from.
#[derive(Debug, Args)]
pub struct SpecArgs {
    /// Spec files, folders of them, or `-` for standard input [default: /etc/vfctl].
    #[arg(value_name = "SPEC")]
    specs: Vec<PathBuf>,
    #[command(flatten)]
    file: FileArgs,
    #[command(flatten)]
    host_values: HostValuesArgs,
}

impl SpecArgs {
    /// Returns where they are.
    pub(crate) fn paths(&self) -> Result<SpecPaths, CliError> {
        let specs = or_folder(self.file.after(&self.specs))?;
        Ok(SpecPaths { specs, host_values: self.host_values.host_values.clone() })
    }
}

/// Files that are named by an option, as kubectl does it.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The same as an argument without -f; may be given several times.
    #[arg(short, long, value_name = "FILE|DIR")]
    file: Vec<PathBuf>,
}

impl FileArgs {
    /// Returns these files after those that are named without the option.
    pub(crate) fn after(&self, named: &[PathBuf]) -> Vec<PathBuf> {
        [named, &self.file].concat()
    }
}

/// Where values of hosts come from that are not in the specs.
#[derive(Debug, Clone, Args)]
pub struct HostValuesArgs {
    /// Read values of hosts, as in `spec.hosts`, from this JSON or YAML file and merge them into the specs; may be given
    /// several times, `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub host_values: Vec<PathBuf>,
}

/// The paths of specs, and of values of hosts beside them.
#[derive(Debug, Clone)]
pub(crate) struct SpecPaths {
    /// Of specs: files, folders, standard input.
    pub(crate) specs: Vec<PathBuf>,
    /// Of values of hosts.
    pub(crate) host_values: Vec<PathBuf>,
}
