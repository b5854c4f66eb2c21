//! The host as an edge: its name, its options, and which scope reaches it.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use nix::unistd::gethostname;
use vfctl_model::HostName;
use vfctl_port::{EdgeError, Scope};

use crate::child::{Children, Slot};
use crate::netlink::Relay;
use crate::roots::Roots;
use crate::sysfs::pf::Catalogs;

/// How the host is looked at.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// Where `/sys`, `/proc` and `/dev` are found.
    pub roots: Roots,
    /// This side's address of the SSH connection whose path must not be cut; `None` to take it from
    /// `SSH_CONNECTION` of this process or the nearest parent that has it.
    pub ssh_local: Option<IpAddr>,
    /// The executable to start for writes that can hang; its `main` calls [`crate::run_store_child`] first.
    pub executable: PathBuf,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self { roots: Roots::default(), ssh_local: None, executable: PathBuf::from("/proc/self/exe") }
    }
}

/// The host that this program runs on, reached by the scope of its name only.
#[derive(Debug)]
pub struct LinuxHost {
    name: HostName,
    pub(crate) roots: Roots,
    pub(crate) children: Children,
    /// What speaks netlink in this network namespace, and in others.
    pub(crate) relay: Arc<Relay>,
    pub(crate) visitor: Relay,
    pub(crate) ssh_local: Option<IpAddr>,
    pub(crate) catalogs: Catalogs,
}

impl LinuxHost {
    /// Returns the host of this name, such as [`host_name`] reads; nothing is read yet.
    pub fn new(name: HostName, options: HostOptions) -> Self {
        let HostOptions { roots, ssh_local, executable } = options;
        let reader = Slot::default();
        let relay = Arc::new(Relay::new(executable.clone(), Arc::clone(&reader)));
        let visitor = Relay::visiting(executable.clone());
        let (children, catalogs) = (Children::new(executable, reader), Catalogs::default());
        Self { name, roots, children, relay, visitor, ssh_local, catalogs }
    }

    /// Returns the host's name.
    pub fn name(&self) -> &HostName {
        &self.name
    }

    /// Returns whether a scope is this host.
    pub(crate) fn is_reached_by(&self, scope: &Scope) -> bool {
        scope.host() == Some(&self.name)
    }
}

/// Returns the name that the machine calls itself.
///
/// # Errors
/// Where it has none, or one that is no name.
pub fn host_name() -> Result<HostName, EdgeError> {
    let attempt = "read the host's name";
    // Not from /proc: commands that look at no host run where that is not mounted, too.
    let name = gethostname().map_err(|errno| EdgeError::new(attempt, io::Error::from(errno)))?;
    name.to_string_lossy().parse().map_err(|error| EdgeError::new(attempt, error))
}
