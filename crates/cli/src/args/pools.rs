//! The command line of `pools`.

use std::path::PathBuf;

use clap::Args;
use vfctl_model::DevicePluginVersion;

use super::{FactsArgs, FileArgs, HostValuesArgs, plugin_version};
use crate::format::FormatArgs;
use crate::reach::ClusterArgs;

/// The options of `pools`.
#[derive(Debug, Args)]
pub struct PoolsArgs {
    /// Spec files, folders of them, `-` for standard input; or one config.json of the device plugin [default: /etc/vfctl].
    #[arg(value_name = "SPEC|CONFIG")]
    pub inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub file: FileArgs,
    #[command(flatten)]
    pub host_values: HostValuesArgs,
    #[command(flatten)]
    pub facts: FactsArgs,
    #[command(flatten)]
    pub access: ClusterArgs,
    /// With a config.json: the release of the device plugin, such as v3.5.1 [default: the newest known].
    #[arg(long, value_name = "VERSION", value_parser = plugin_version)]
    pub plugin_version: Option<DevicePluginVersion>,
    #[command(flatten)]
    pub format: FormatArgs,
}
