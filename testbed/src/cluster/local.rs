//! The provider that runs everything on this machine, in a process of its own that outlives the command.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::addresses::Addresses;
use super::folder::Folder;
use super::kind::{self, NodeImage};
use super::plane::Wanted;
use super::process::tail;
use super::provider::{Cluster, ClusterError, Provider, host};
use crate::image::built_by;

/// How long a start may take after everything has been built.
const START_LIMIT: Duration = Duration::from_secs(2400);
/// How long the supervisor may take to end.
const STOP_LIMIT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);
/// How many lines of the supervisor's log are shown.
const TAIL: usize = 15;
/// The most workers.
pub const MOST_WORKERS: u8 = 2;

/// A cluster on this machine.
#[derive(Debug)]
pub struct Local {
    folder: Folder,
    plane: Wanted,
    port: Option<u16>,
    vfctl: Option<PathBuf>,
    is_bare: bool,
}

impl Local {
    /// The provider of a cluster in a folder.
    pub fn new(folder: Folder) -> Self {
        Self { folder, plane: Wanted::Local, port: None, vfctl: None, is_bare: false }
    }

    /// The same, with kind's control plane: from this node image, or from the one that the testbed builds.
    ///
    /// # Errors
    ///
    /// When that cannot be built.
    pub fn with_kind(self, node_image: Option<String>) -> Result<Self, ClusterError> {
        let image = match node_image {
            Some(name) => NodeImage::Named(name),
            None => NodeImage::Built(built_by("image/kind-node.sh", &[])?),
        };
        Ok(Self { plane: Wanted::Kind(image), ..self })
    }

    /// The same, with this program as vfctl in its workers.
    #[must_use]
    pub fn with_vfctl(self, vfctl: Option<PathBuf>) -> Self {
        Self { vfctl, ..self }
    }

    /// The same, with the API server on this port, and others on the four after it.
    #[must_use]
    pub fn with_port(self, port: Option<u16>) -> Self {
        Self { port, ..self }
    }

    /// The same, with nothing in its workers but their primary network.
    #[must_use]
    pub fn with_bare_workers(self, is_bare: bool) -> Self {
        Self { is_bare, ..self }
    }

    /// Why nothing runs in the folder; `how` is how the process ended in which the cluster lived, where that is known.
    fn not_running(&self, how: Option<&str>) -> ClusterError {
        let folder = self.folder.path().to_owned();
        match fs::read_to_string(self.folder.broken_file()) {
            Ok(why) => ClusterError::Broken { folder, why: why.trim().to_owned() },
            // What is said of a cluster goes with it, unless its end was none that it had a hand in.
            Err(_) if how.is_some() || matches!(self.folder.cluster(), Ok(Some(_))) => {
                let said = tail(&self.folder.supervisor_log(), TAIL);
                let how = how.unwrap_or("it was killed or the machine was restarted");
                let why = format!("its process ended without a word ({how}); its log ends with\n{said}");
                ClusterError::Broken { folder, why }
            }
            Err(_) => ClusterError::NotRunning { folder },
        }
    }

    /// Waits for the supervisor and repeats what it says.
    fn follow(&self, supervisor: &mut Child) -> Result<Cluster, ClusterError> {
        let started = Instant::now();
        let mut said = Said { path: self.folder.supervisor_log(), read: 0 };
        while started.elapsed() < START_LIMIT {
            said.repeat();
            if let Some(cluster) = self.folder.cluster()? {
                return Ok(cluster);
            }
            if let Some(status) = supervisor.try_wait().map_err(host("look after the supervisor"))? {
                said.repeat();
                return Err(self.not_running(Some(&status.to_string())));
            }
            thread::sleep(POLL);
        }
        Err(ClusterError::TooSlow {
            what: "the cluster".to_owned(),
            limit: START_LIMIT,
            said: tail(&self.folder.supervisor_log(), TAIL),
        })
    }
}

impl Provider for Local {
    fn start(&self, count: u8) -> Result<Cluster, ClusterError> {
        let folder = &self.folder;
        let parts = match self.plane {
            Wanted::Local => built_by("cluster/build.sh", &[])?,
            Wanted::Kind(_) => parts_for_kind()?,
        };
        let image = if count > 0 { Some(built_by("image/worker.sh", &[])?) } else { None };
        let held = folder.take()?;
        // Those of a cluster that was killed here.
        Addresses::give_back(folder);
        kind::clean(folder, parts_for_kind)?;
        folder.clear(&[])?;
        for path in [folder.logs(), folder.file("tmp")] {
            fs::create_dir_all(&path).map_err(host(format!("make {}", path.display())))?;
        }
        drop(held);
        let log = File::create(folder.supervisor_log()).map_err(host("write the supervisor's log"))?;
        let errors = log.try_clone().map_err(host("write the supervisor's log"))?;
        let own = std::env::current_exe().map_err(host("find this program"))?;
        let mut command = Command::new(own);
        command.args(["cluster", "supervise", "--workers", &count.to_string()]);
        command.args(["--starter", &process::id().to_string()]);
        if self.is_bare {
            command.arg("--bare");
        }
        if let Some(port) = self.port {
            command.args(["--port", &port.to_string()]);
        }
        command.arg("--dir").arg(folder.path()).arg("--parts").arg(parts);
        match &self.plane {
            Wanted::Local => {}
            Wanted::Kind(NodeImage::Named(name)) => drop(command.arg("--node-image").arg(name)),
            Wanted::Kind(NodeImage::Built(folder)) => drop(command.arg("--node-image-dir").arg(folder)),
        }
        for (option, path) in [("--image", &image), ("--vfctl", &self.vfctl)] {
            if let Some(path) = path {
                command.arg(option).arg(path);
            }
        }
        let mut supervisor = command
            // Guests' sockets and the like: all below the one folder.
            .env("TMPDIR", folder.file("tmp"))
            // A signal that is meant for this command does not end the cluster.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(host("start the supervisor"))?;
        self.follow(&mut supervisor).inspect_err(|_| {
            // Best effort: the reason above is what counts.
            drop(supervisor.kill());
            drop(supervisor.wait());
            // Unless another command has begun a cluster here meanwhile.
            if let Ok(Some(_held)) = folder.hold() {
                Addresses::give_back(folder);
                if kind::clean(folder, parts_for_kind).is_ok() {
                    drop(folder.clear(&["log", "broken"]));
                }
            }
        })
    }

    fn running(&self) -> Result<Cluster, ClusterError> {
        if !self.folder.path().exists() || self.folder.hold()?.is_some() {
            return Err(self.not_running(None));
        }
        self.folder.cluster()?.ok_or_else(|| self.not_running(None))
    }

    fn stop(&self) -> Result<(), ClusterError> {
        let folder = &self.folder;
        if !folder.path().exists() {
            return Ok(());
        }
        fs::write(folder.stop_file(), "").map_err(host("tell the cluster to stop"))?;
        let started = Instant::now();
        // The supervisor lets go of the folder when all that it has started has ended.
        let _held = loop {
            if let Some(held) = folder.hold()? {
                break held;
            }
            if started.elapsed() > STOP_LIMIT {
                return Err(ClusterError::TooSlow {
                    what: "the end of the cluster".to_owned(),
                    limit: STOP_LIMIT,
                    said: tail(&folder.supervisor_log(), TAIL),
                });
            }
            thread::sleep(POLL);
        };
        // A supervisor that was killed could not do it.
        Addresses::give_back(folder);
        kind::clean(folder, parts_for_kind)?;
        folder.clear(&["log"])
    }

    fn stopped(&self) -> &'static str {
        "nothing of the cluster runs any more"
    }
}

fn parts_for_kind() -> Result<PathBuf, ClusterError> {
    Ok(built_by("cluster/build.sh", &["kind"])?)
}

/// What the supervisor has said and the user has seen.
struct Said {
    path: PathBuf,
    read: u64,
}

impl Said {
    fn repeat(&mut self) {
        let mut text = Vec::new();
        let read = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.read))?;
            file.read_to_end(&mut text)
        });
        if let Ok(count) = read {
            self.read += count as u64;
            eprint!("{}", String::from_utf8_lossy(&text));
        }
    }
}
