//! What claims and ops are about: a thing, and the scope that it is in.

use std::fmt;

use vfctl_model::{DeviceAddress, HostName, ModuleName, VfIndex};

/// Where a thing is: on one host, or in the cluster that the hosts are nodes of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// A host.
    Host(HostName),
    /// The cluster.
    Cluster,
}

impl Scope {
    /// Returns the host, or `None` for the cluster.
    pub fn host(&self) -> Option<&HostName> {
        match self {
            Self::Host(host) => Some(host),
            Self::Cluster => None,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => write!(f, "host {host}"),
            Self::Cluster => f.write_str("cluster"),
        }
    }
}

/// A thing within its scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// The machine as a whole.
    System,
    /// A kernel module.
    Module(ModuleName),
    /// A PF.
    Pf(DeviceAddress),
    /// A VF of a PF.
    Vf(DeviceAddress, VfIndex),
}

impl Thing {
    /// Returns the VF's number; `None` for anything but a VF.
    pub fn vf(&self) -> Option<VfIndex> {
        match self {
            Self::Vf(_, vf) => Some(*vf),
            Self::System | Self::Module(_) | Self::Pf(_) => None,
        }
    }

    /// Returns the PF that this is, or that a VF belongs to.
    pub fn pf(&self) -> Option<&DeviceAddress> {
        match self {
            Self::Pf(pf) | Self::Vf(pf, _) => Some(pf),
            Self::System | Self::Module(_) => None,
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Module(module) => write!(f, "module {module}"),
            Self::Pf(pf) => pf.fmt(f),
            Self::Vf(pf, vf) => write!(f, "{pf} vf {vf}"),
        }
    }
}

/// What a claim speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Where it is.
    pub scope: Scope,
    /// What it is.
    pub thing: Thing,
}

/// Writes the thing alone: whoever shows it has named the scope.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope: _, thing } = self;
        thing.fmt(f)
    }
}
