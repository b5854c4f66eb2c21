//! A guest made ready: hardware, shared folder, programs under test.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::guest::{Guest, GuestError, Output, setup};
use crate::image::{self, ImageError, Userland};
use crate::machine::Accelerator;
use crate::machine::arguments::Console;
use crate::machine::boot::{Machine, MachineError, Order};
use crate::patience;
use crate::programs;
use crate::roles::{self, Roles};
use crate::topology::{Topology, TopologyError};

/// The shared folder, as the guest sees it.
pub const SHARE: &str = "/share";
/// What the guest is given to run besides the agent.
const SCRIPTS: [(&str, &str); 6] = [
    ("hand", include_str!("guest/hand.sh")),
    ("reset.sh", include_str!("guest/reset.sh")),
    ("world.sh", include_str!("guest/world.sh")),
    ("vfctl.service", include_str!("../../packaging/systemd/vfctl.service")),
    ("vfctl-drift.service", include_str!("../../packaging/systemd/vfctl-drift.service")),
    ("vfctl-drift.timer", include_str!("../../packaging/systemd/vfctl-drift.timer")),
];
/// How long preparing the guest may take.
const SETUP_LIMIT: Duration = Duration::from_secs(60);

/// Why there is no lab.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The topology is unusable.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// There is no image.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The machine does not start.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The guest does not answer.
    #[error(transparent)]
    Guest(#[from] GuestError),
    /// A file of ours made trouble.
    #[error("{attempt}")]
    Host {
        /// What was attempted.
        attempt: String,
        /// What the system said.
        source: io::Error,
    },
    /// The guest's devices are not as the topology says.
    #[error("prepare the guest's devices: {0}")]
    Setup(String),
}

fn host(attempt: impl Into<String>) -> impl FnOnce(io::Error) -> LabError {
    let attempt = attempt.into();
    |source| LabError::Host { attempt, source }
}

/// What a lab is made of.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The hardware.
    pub topology: Topology,
    /// What runs in it.
    pub userland: Userland,
    /// The program that will be `vfctl` in the guest, if there is one.
    pub vfctl: Option<PathBuf>,
    /// Further words for QEMU.
    pub more: Vec<String>,
}

/// The folders that host and guest share.
#[derive(Debug)]
struct Folders {
    image: PathBuf,
    cache: PathBuf,
    share: TempDir,
}

impl Folders {
    fn make(userland: Userland) -> Result<Self, LabError> {
        let image = image::find_or_build(userland)?;
        let share = tempfile::Builder::new()
            .prefix("testbed-share-")
            .tempdir()
            .map_err(host("make the folder to share"))?;
        fill_share(share.path())?;
        Ok(Self { image, cache: image::cache()?, share })
    }
}

/// A guest that is ready for commands.
#[derive(Debug)]
pub struct Lab {
    /// The guest.
    pub guest: Guest,
    /// Its devices.
    pub roles: Roles,
    folders: Folders,
}

impl Lab {
    /// Boots a guest and prepares its devices; the console goes to `log`.
    ///
    /// # Errors
    ///
    /// When any of it fails.
    pub fn open(plan: &Plan, log: &Path) -> Result<Self, LabError> {
        let folders = Folders::make(plan.userland)?;
        let folder = folders.share.path().join("programs");
        if let Some(vfctl) = &plan.vfctl {
            // A copy: a build that goes on meanwhile changes nothing here.
            programs::copy_stripped(vfctl, &folder.join("vfctl"))
                .map_err(host(format!("put {} into the share", vfctl.display())))?;
        }
        let order = Order {
            topology: &plan.topology,
            image: &folders.image,
            share: folders.share.path(),
            programs: &folder,
            console: Console::Log(log.to_owned()),
            cache: &folders.cache,
            more: plan.more.clone(),
        };
        let mut guest = Guest::boot(&order)?;
        prepare(&mut guest, &plan.topology)?;
        let roles = find_roles(&mut guest, &plan.topology)?;
        Ok(Self { guest, roles, folders })
    }

    /// Makes a folder in the share; where it is for the host and for the
    /// guest.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn folder(&self, name: &str) -> Result<(PathBuf, String), LabError> {
        let path = self.folders.share.path().join(name);
        fs::create_dir_all(&path).map_err(host(format!("make {}", path.display())))?;
        Ok((path, format!("{SHARE}/{name}")))
    }
}

/// Gives the terminal a shell in a guest, until the guest is ended. `vfctl` is
/// there as last built: the program's own folder is shared.
///
/// # Errors
///
/// When the guest does not start.
pub fn shell(plan: &Plan) -> Result<(), LabError> {
    let folders = Folders::make(plan.userland)?;
    let empty = folders.share.path().join("programs");
    let programs = plan.vfctl.as_deref().and_then(Path::parent).unwrap_or(&empty);
    let order = Order {
        topology: &plan.topology,
        image: &folders.image,
        share: folders.share.path(),
        programs,
        console: Console::Terminal,
        cache: &folders.cache,
        more: plan.more.clone(),
    };
    // A terminal shows a failed boot by itself; nothing starts it again.
    let accelerator =
        Accelerator::kept(&folders.cache).map_err(MachineError::from)?.unwrap_or(Accelerator::Tcg);
    let mut guest = Guest::connect(Machine::start(&order, accelerator)?)?;
    prepare(&mut guest, &plan.topology)?;
    guest.machine.await_end()?;
    Ok(())
}

/// Puts into a folder that is to be shared what every guest finds there: the agent and scripts.
///
/// # Errors
///
/// When something cannot be put there.
pub(crate) fn fill_share(share: &Path) -> Result<(), LabError> {
    let agent = std::env::current_exe().map_err(host("find this program"))?;
    programs::copy_stripped(&agent, &share.join("testbed")).map_err(host("put the agent into the share"))?;
    fs::create_dir_all(share.join("programs")).map_err(host("make the programs' folder"))?;
    for (name, text) in SCRIPTS {
        let path = share.join(name);
        fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o755)))
            .map_err(host(format!("put {name} into the share")))?;
    }
    Ok(())
}

/// Makes the devices of a fresh guest as its topology says.
///
/// # Errors
///
/// When they do not become so.
pub(crate) fn prepare(guest: &mut Guest, topology: &Topology) -> Result<(), LabError> {
    in_guest(guest, &setup::script(topology)).map(|_| ())
}

/// Finds out what the topology's devices are in a guest.
///
/// # Errors
///
/// When one is not there.
pub(crate) fn find_roles(guest: &mut Guest, topology: &Topology) -> Result<Roles, LabError> {
    let printed = in_guest(guest, &roles::script(topology))?;
    roles::parse(topology, &printed)
        .ok_or_else(|| LabError::Setup(format!("the topology's are not all among\n{printed}")))
}

fn in_guest(guest: &mut Guest, script: &str) -> Result<String, LabError> {
    let Output { code, stdout, stderr } = guest.run(script, "/", patience::stretched(SETUP_LIMIT))?;
    match code {
        Some(0) => Ok(stdout),
        Some(code) => Err(LabError::Setup(format!("exit code {code}: {}", stderr.trim()))),
        None => Err(LabError::Setup("it takes too long".to_owned())),
    }
}
