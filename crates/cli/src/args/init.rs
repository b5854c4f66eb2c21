//! The command line of `init`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use vfctl_kinds::binding::DriverChoice;
use vfctl_model::MacAddress;

use super::FactsArgs;

/// The options of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The port: its interface, such as `ens1f0np0`, or its PCI address.
    #[arg(value_name = "PORT")]
    pub port: String,
    /// How many VFs [default: as many as there are; if there are none, 8 or as many as the port offers].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub count: Option<u16>,
    /// The driver of the VFs, such as vfio-pci; `none` for no driver [default: left to the kernel].
    #[arg(long, value_name = "DRIVER", value_parser = DriverChoice::from_str)]
    pub driver: Option<DriverChoice>,
    /// The VLAN of the VFs [default: none].
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u16).range(1..=4094))]
    pub vlan: Option<u16>,
    /// The MAC address of VF 0; that of each other VF is one higher [default: left to the VFs' driver].
    #[arg(long, value_name = "MAC")]
    pub mac: Option<MacAddress>,
    /// The name of the document [default: that of the port].
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub facts: FactsArgs,
    /// Write to this file, which must not exist; `-` is standard output [default: -].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// With --out: replace the file if it exists.
    #[arg(long)]
    pub force: bool,
}
