//! The folder of a cluster that runs: what is where in it, and whether somebody runs one there.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use super::provider::{Cluster, ClusterError, Origin, host};
use crate::image;

/// The longest path of a socket is 107 bytes; those of guests are this much longer than the folder's.
const SOCKET_ROOM: usize = 107 - "/tmp/testbed-xxxxxx/monitor".len();

/// The folder of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

/// Held by the one who runs a cluster in a folder.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "it is held, not used")] Flock<File>);

impl Folder {
    /// The folder that was named, or the one in the cache.
    ///
    /// # Errors
    ///
    /// When there is no cache, or the path is too long for sockets below it.
    pub fn choose(named: Option<&Path>) -> Result<Self, ClusterError> {
        let path = match named {
            Some(path) => std::path::absolute(path).map_err(host("find the cluster's folder"))?,
            None => cache()?.join("running"),
        };
        if path.as_os_str().len() > SOCKET_ROOM {
            return Err(ClusterError::Unable(format!(
                "make sockets below {}: its path is longer than {SOCKET_ROOM} bytes",
                path.display()
            )));
        }
        Ok(Self(path))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file or folder in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Certificates and keys.
    pub fn pki(&self) -> PathBuf {
        self.file("pki")
    }

    /// The folder of logs, which is all that stays after the end.
    pub fn logs(&self) -> PathBuf {
        self.file("log")
    }

    /// The log of the one who runs the cluster.
    pub fn supervisor_log(&self) -> PathBuf {
        self.logs().join("supervisor.log")
    }

    /// Admin rights, from this machine.
    pub fn kubeconfig(&self) -> PathBuf {
        self.file("admin.conf")
    }

    /// Says to the supervisor that it shall end.
    pub fn stop_file(&self) -> PathBuf {
        self.file("stop")
    }

    /// Why the supervisor gave up, once it has.
    pub fn broken_file(&self) -> PathBuf {
        self.file("broken")
    }

    fn cluster_file(&self) -> PathBuf {
        self.file("cluster.json")
    }

    /// Takes the folder for a new cluster.
    ///
    /// # Errors
    ///
    /// When it cannot be made or locked, and when a cluster has it: one that runs, or one that exists by itself and has not
    /// been given up.
    pub fn take(&self) -> Result<Held, ClusterError> {
        let remembered = self.cluster().ok().flatten().map(|cluster| cluster.origin);
        match self.hold()? {
            Some(held) if remembered != Some(Origin::Existing) => Ok(held),
            Some(_) | None => Err(ClusterError::Running { folder: self.0.clone() }),
        }
    }

    /// Takes the folder; `None` while somebody else has it.
    ///
    /// # Errors
    ///
    /// When it cannot be made or locked.
    pub fn hold(&self) -> Result<Option<Held>, ClusterError> {
        fs::create_dir_all(&self.0).map_err(host(format!("make {}", self.0.display())))?;
        let path = self.file("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(host(format!("open {}", path.display())))?;
        match Flock::lock(lock, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Some(Held(lock))),
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => Ok(None),
            Err((_, error)) => Err(host(format!("lock {}", path.display()))(error.into())),
        }
    }

    /// Removes what is in the folder, but for the lock and, unless a new cluster begins, the logs.
    ///
    /// # Errors
    ///
    /// When something cannot be removed.
    pub fn clear(&self, keep: &[&str]) -> Result<(), ClusterError> {
        let failed = || host(format!("empty {}", self.0.display()));
        for entry in fs::read_dir(&self.0).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            if entry.file_name() == "lock" || keep.iter().any(|kept| entry.file_name() == *kept) {
                continue;
            }
            let path = entry.path();
            let is_folder = entry.file_type().map_err(failed())?.is_dir();
            if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.map_err(failed())?;
        }
        Ok(())
    }

    /// What the supervisor says of the cluster, once that is ready.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read.
    pub fn cluster(&self) -> Result<Option<Cluster>, ClusterError> {
        let path = self.cluster_file();
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(host(format!("read {}", path.display()))(error)),
            Ok(text) => serde_json::from_str(&text).map_err(|source| ClusterError::Document { path, source }),
        }
    }

    /// Says that the cluster is ready.
    ///
    /// # Errors
    ///
    /// When that cannot be written.
    pub fn publish(&self, cluster: &Cluster) -> Result<(), ClusterError> {
        let (path, new) = (self.cluster_file(), self.file("cluster.json.new"));
        let text = serde_json::to_string_pretty(cluster)
            .map_err(|source| ClusterError::Document { path: path.clone(), source })?;
        // The whole document or none.
        fs::write(&new, text + "\n")
            .and_then(|()| fs::rename(&new, &path))
            .map_err(host(format!("write {}", path.display())))
    }
}

/// The clusters' own folder in the user's cache.
fn cache() -> Result<PathBuf, ClusterError> {
    Ok(image::cache()?.with_file_name("cluster"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_by_one_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::choose(Some(&parent.path().join("c"))).unwrap();
        let held = folder.hold().unwrap();
        assert!(held.is_some());
        assert!(folder.hold().unwrap().is_none());
        drop(held);
        assert!(folder.hold().unwrap().is_some());
    }

    #[test]
    fn a_cluster_that_exists_is_given_up_before_another_takes_its_folder() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::choose(Some(parent.path())).unwrap();
        assert!(folder.take().is_ok());
        let cluster = |origin| Cluster {
            is_bare: false,
            origin,
            kubectl: "kubectl".into(),
            kubeconfig: "admin.conf".into(),
            programs: "programs".into(),
            world: Vec::new(),
            workers: Vec::new(),
        };
        folder.publish(&cluster(Origin::Existing)).unwrap();
        assert!(matches!(folder.take(), Err(ClusterError::Running { .. })));
        // The lock says of this one whether it runs.
        folder.publish(&cluster(Origin::Local)).unwrap();
        assert!(folder.take().is_ok());
    }

    #[test]
    fn what_is_kept_survives_the_clearing() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::choose(Some(parent.path())).unwrap();
        fs::create_dir(folder.logs()).unwrap();
        fs::create_dir(folder.pki()).unwrap();
        fs::write(folder.kubeconfig(), "").unwrap();
        folder.clear(&["log"]).unwrap();
        assert!(folder.logs().exists() && !folder.pki().exists() && !folder.kubeconfig().exists());
    }

    #[test]
    fn a_path_too_long_for_sockets_is_refused() {
        let long = PathBuf::from(format!("/{}", "x".repeat(100)));
        assert!(matches!(Folder::choose(Some(&long)), Err(ClusterError::Unable(_))));
    }
}
