//! The control plane of a cluster, whoever runs it.

use std::path::Path;

use super::addresses::Addresses;
use super::control_plane::ControlPlane;
use super::folder::Folder;
use super::kind::{KindPlane, NodeImage};
use super::kubectl::Kubectl;
use super::provider::{ClusterError, Origin};

/// Which control plane a cluster gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Programs on this machine.
    Local,
    /// kind's, from this node image.
    Kind(NodeImage),
}

/// A control plane that runs.
#[derive(Debug)]
pub enum Plane {
    /// Programs on this machine.
    Local(ControlPlane),
    /// kind's.
    Kind(KindPlane),
}

impl Plane {
    /// Starts it; the API server is ready afterwards.
    ///
    /// # Errors
    ///
    /// When something does not start.
    pub fn start(
        wanted: &Wanted,
        parts: &Path,
        folder: &Folder,
        port: Option<u16>,
        say: &dyn Fn(&str),
    ) -> Result<Self, ClusterError> {
        Ok(match wanted {
            Wanted::Local => Self::Local(ControlPlane::start(parts, folder, port)?),
            Wanted::Kind(image) => Self::Kind(KindPlane::start(parts, folder, port, image, say)?),
        })
    }

    /// What the cluster is called.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Local(_) => Origin::Local,
            Self::Kind(_) => Origin::Kind,
        }
    }

    /// The API server's port, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        match self {
            Self::Local(plane) => plane.port,
            Self::Kind(plane) => plane.port,
        }
    }

    /// How many nodes it has by itself.
    pub fn nodes(&self) -> usize {
        match self {
            Self::Local(_) => 0,
            Self::Kind(_) => 1,
        }
    }

    /// Addresses for workers.
    ///
    /// # Errors
    ///
    /// When there are none.
    pub fn addresses(&self, folder: &Folder) -> Result<Addresses, ClusterError> {
        match self {
            Self::Kind(plane) if plane.is_apart() => Addresses::take_apart(),
            Self::Local(_) | Self::Kind(_) => Addresses::take(folder),
        }
    }

    /// Prepares the cluster for workers.
    ///
    /// # Errors
    ///
    /// When the API server refuses.
    pub fn make_way(&self, kubectl: &Kubectl) -> Result<(), ClusterError> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Kind(plane) => plane.make_way(kubectl),
        }
    }

    /// Fails when a part of it has ended.
    ///
    /// # Errors
    ///
    /// When one has, with what it said last.
    pub fn check(&mut self) -> Result<(), ClusterError> {
        match self {
            Self::Local(plane) => plane.check(),
            Self::Kind(plane) => plane.check(),
        }
    }

    /// Ends it, and waits until all of it has gone.
    ///
    /// # Errors
    ///
    /// When something stays.
    pub fn end(self, folder: &Folder) -> Result<(), ClusterError> {
        match self {
            Self::Local(plane) => {
                drop(plane);
                Ok(())
            }
            Self::Kind(plane) => plane.end(folder),
        }
    }
}
