//! The command line of `rbac`.

use clap::{Args, ValueEnum};
use vfctl_kinds::rights::RightsPart;
use vfctl_model::NamespaceName;

use super::DocumentFormat;
use crate::format::Formats;

/// The options of `rbac`.
#[derive(Debug, Args)]
pub struct RbacArgs {
    /// For which parts: read (plan, record --cluster), node, shared, verify (its pods, in the namespace of -n); the part `host` needs
    /// none [default: all but verify].
    #[arg(value_name = "PART", hide_possible_values = true)]
    pub parts: Vec<RbacPart>,
    /// The namespace of the accounts and of the managed device plugin; with verify also of its pods, must be given, and is not
    /// kube-system [default: kube-system].
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<NamespaceName>,
    /// The output format.
    #[arg(short, long, value_name = "FORMAT", value_parser = Formats::<DocumentFormat>::or_to_file("the objects"), default_value = "yaml")]
    pub output: DocumentFormat,
}

/// A part of what vfctl does in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RbacPart {
    /// Reading.
    Read,
    /// What a node says of itself.
    Node,
    /// What belongs to no single node.
    Shared,
    /// Pods that verify.
    Verify,
}

impl RbacPart {
    /// Every part that is given where none is named: to start pods is much, and is asked for.
    pub const ALL: [Self; 3] = [Self::Read, Self::Node, Self::Shared];
}

impl From<RbacPart> for RightsPart {
    fn from(part: RbacPart) -> Self {
        match part {
            RbacPart::Read => Self::Read,
            RbacPart::Node => Self::Node,
            RbacPart::Shared => Self::Shared,
            RbacPart::Verify => Self::Verify,
        }
    }
}
