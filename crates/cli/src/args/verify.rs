//! The command line of `verify`.

use std::path::PathBuf;

use clap::Args;
use vfctl_model::NamespaceName;

use super::HostValuesArgs;
use crate::format::FormatArgs;
use crate::reach::ClusterArgs;

/// The options of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Spec files, folders of them, or `-` for standard input [default: /etc/vfctl].
    #[arg(short, long, value_name = "SPEC")]
    pub file: Vec<PathBuf>,
    #[command(flatten)]
    pub host_values: HostValuesArgs,
    /// Start a pod for each of these networks and compare what it is given; `a,b` is one pod with both [default: all of the
    /// specs'].
    #[arg(long, value_name = "NETWORK", num_args = 0..)]
    pub pod: Option<Vec<String>>,
    /// Also send packets: with --pod between pods, and else between VFs of this host that nobody uses.
    #[arg(long)]
    pub traffic: bool,
    /// With --pod: the image of the pods; it has a shell and `ip`, and with --traffic `ping`.
    #[arg(long, value_name = "IMAGE", requires = "pod")]
    pub image: Option<String>,
    /// With --pod: the pods' namespace [default: the first that has the networks].
    #[arg(short, long, value_name = "NAME", requires = "pod")]
    pub namespace: Option<NamespaceName>,
    /// How long to wait for pods that are started together to be ready, and for VFs to have a carrier, in seconds; pods of
    /// several networks can take several times as long.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(5..=3600))]
    pub timeout: u64,
    #[command(flatten)]
    pub access: ClusterArgs,
    #[command(flatten)]
    pub format: FormatArgs,
}
