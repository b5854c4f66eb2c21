//! Which guest a command wants.

use std::path::PathBuf;

use clap::Args;

use crate::image::Userland;
use crate::lab::Plan;
use crate::programs;
use crate::topology::Topology;

/// Which guest, with which program under test.
#[derive(Debug, Args)]
pub(super) struct Hardware {
    /// The guest's hardware
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/topologies/lab.toml"), hide_default_value = true)]
    topology: PathBuf,
    /// The vfctl to run; otherwise the one built last
    #[arg(long, value_name = "BIN")]
    vfctl: Option<PathBuf>,
    /// What runs in the guest; otherwise the small one, or what each scenario asks for
    #[arg(long, value_name = "USERLAND")]
    guest: Option<Userland>,
}

impl Hardware {
    /// What was asked to run in the guest; `None` where nothing was said.
    pub(super) fn userland(&self) -> Option<Userland> {
        self.guest
    }

    /// The lab's plan; a guest without vfctl is told about on standard error.
    ///
    /// # Errors
    ///
    /// When the topology is unusable or a named program is missing.
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        let Self { topology, vfctl, guest } = self;
        let topology = Topology::read(topology)?;
        let vfctl = match programs::find("vfctl", vfctl.as_deref()) {
            Ok(vfctl) => Some(vfctl),
            Err(error @ programs::ProgramError::Missing { .. }) => {
                eprintln!("testbed: a guest without vfctl: failed to {error}");
                None
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Plan { topology, userland: guest.unwrap_or_default(), vfctl, more: Vec::new() })
    }
}
