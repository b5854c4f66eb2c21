//! The command line of `discover`.

use clap::{Args, ValueEnum};

use super::FactsArgs;
use crate::format::Formats;

/// The options of `discover`.
#[derive(Debug, Args)]
pub struct DiscoverArgs {
    /// Show only these ports: by an interface, a PCI address, or a driver for all of its ports [default: every port].
    #[arg(value_name = "PORT")]
    pub ports: Vec<String>,
    /// The output format.
    #[arg(short, long, value_name = "FORMAT", value_parser = Formats::<DiscoverOutput>::of(), default_value = "table")]
    pub output: DiscoverOutput,
    /// The same as `-o json`.
    #[arg(long, conflicts_with = "output")]
    pub json: bool,
    /// With -o spec: also write MAC addresses that may be random [default: list them in comments].
    #[arg(long)]
    pub pin_macs: bool,
    #[command(flatten)]
    pub facts: FactsArgs,
}

/// The formats of `discover`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiscoverOutput {
    /// A table for people.
    Table,
    /// The same with more columns: PCI ids, MAC address, bond or bridge, serial number, mode of the embedded switch.
    Wide,
    /// The facts as JSON.
    Json,
    /// The facts as YAML.
    Yaml,
    /// The host as a spec, whose plan is empty.
    Spec,
    /// A page with pictures of the hosts.
    Html,
    /// The pictures alone.
    Svg,
}
