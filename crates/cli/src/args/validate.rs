//! The command line of `validate`.

use clap::{Args, ValueEnum};
use vfctl_model::{DevicePluginVersion, ParseError};

use super::SpecArgs;
use crate::format::Formats;

/// The options of `validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    #[command(flatten)]
    pub specs: SpecArgs,
    /// Check configurations of sriov-network-device-plugin by the rules of this version, such as v3.5.1 [default: the newest
    /// known].
    #[arg(long, value_name = "VERSION", value_parser = plugin_version)]
    pub plugin_version: Option<DevicePluginVersion>,
    /// The output format.
    #[arg(short, long, value_name = "FORMAT", value_parser = Formats::<ValidateOutput>::of(), default_value = "text")]
    output: ValidateOutput,
    /// The same as `-o json`.
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// Print only mistakes and warnings.
    #[arg(short, long, conflicts_with_all = ["output", "json"])]
    pub quiet: bool,
}

impl ValidateArgs {
    /// Returns the format that is wanted.
    pub(crate) fn output(&self) -> ValidateOutput {
        if self.json { ValidateOutput::Json } else { self.output }
    }
}

/// The formats of `validate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValidateOutput {
    /// Text for people.
    Text,
    /// A JSON document for programs.
    Json,
    /// Workflow commands, which GitHub shows as annotations of a change.
    Github,
    /// A SARIF 2.1.0 log, for code scanning.
    Sarif,
    /// A JUnit report with a test case for each file, as GitLab shows it.
    Junit,
}

/// Returns the version of the device plugin that a word is, where its rules are known.
pub(crate) fn plugin_version(word: &str) -> Result<DevicePluginVersion, ParseError> {
    let version: DevicePluginVersion = word.parse()?;
    let oldest = DevicePluginVersion::OLDEST;
    if version >= oldest { Ok(version) } else { Err(ParseError::new(word, "version from v3.5.1 on")) }
}
