//! The provider of a cluster that is there already: the one that KUBECONFIG points at. It is neither started nor stopped.
//!
//! Its workers are not the testbed's, so nothing runs in them.

use std::env;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::folder::Folder;
use super::kubectl::Kubectl;
use super::own;
use super::provider::{Cluster, ClusterError, Origin, Provider, host};
use super::workers::put_vfctl;
use crate::image::built_by;

/// A cluster that somebody else runs.
#[derive(Debug)]
pub struct Existing {
    folder: Folder,
    vfctl: Option<PathBuf>,
}

impl Existing {
    /// The provider that remembers the cluster in a folder, and runs this program as vfctl.
    pub fn new(folder: Folder, vfctl: Option<PathBuf>) -> Self {
        Self { folder, vfctl }
    }

    fn not_running(&self) -> ClusterError {
        ClusterError::NotRunning { folder: self.folder.path().to_owned() }
    }
}

impl Provider for Existing {
    /// Looks whether the cluster answers, and remembers it.
    fn start(&self, workers: u8) -> Result<Cluster, ClusterError> {
        if workers > 0 {
            return Err(ClusterError::Unable(
                "add workers to a cluster that is there already: it has its own, which are not the testbed's"
                    .to_owned(),
            ));
        }
        let kubeconfig = kubeconfig()?;
        let kubectl = Kubectl::new(&kubectl_program()?, &kubeconfig);
        let version = kubectl.run(&["version", "--output", "json"])?;
        let nodes = kubectl.run(&["get", "nodes", "--output", "name"])?;
        let folder = &self.folder;
        let _held = folder.take()?;
        folder.clear(&[])?;
        let programs = folder.file("programs");
        std::fs::create_dir_all(&programs).map_err(host("make the programs' folder"))?;
        if let Some(vfctl) = &self.vfctl {
            put_vfctl(vfctl, &programs)?;
        }
        let cluster = Cluster {
            is_bare: false,
            origin: Origin::Existing,
            kubectl: kubectl.program().to_owned(),
            kubeconfig,
            programs,
            world: own::lines(&kubectl)?,
            workers: Vec::new(),
        };
        folder.publish(&cluster)?;
        eprintln!("cluster: {} with {} nodes answers", server_version(&version), nodes.lines().count());
        Ok(cluster)
    }

    fn running(&self) -> Result<Cluster, ClusterError> {
        let cluster = self.folder.cluster()?.ok_or_else(|| self.not_running())?;
        Kubectl::of(&cluster).run(&["get", "--raw=/version"])?;
        Ok(cluster)
    }

    /// Takes back what vfctl and scenarios have made in it, and forgets the cluster.
    fn stop(&self) -> Result<(), ClusterError> {
        let Some(cluster) = self.folder.cluster()? else { return Ok(()) };
        if let Some(left) = own::take_back(&Kubectl::of(&cluster), &cluster.world)? {
            return Err(ClusterError::Unable(format!(
                "take back what was made in the cluster; left behind:\n{left}"
            )));
        }
        self.folder.clear(&[])
    }

    fn stopped(&self) -> &'static str {
        "the cluster goes on, and nothing of vfctl or of scenarios is left in it"
    }
}

/// The file that kubectl would read: what KUBECONFIG names, or the user's own.
fn kubeconfig() -> Result<PathBuf, ClusterError> {
    let named = env::var_os("KUBECONFIG").filter(|paths| !paths.is_empty());
    let paths: Vec<PathBuf> = match (&named, env::var_os("HOME")) {
        (Some(paths), _) => env::split_paths(paths).collect(),
        (None, Some(home)) => vec![Path::new(&home).join(".kube/config")],
        (None, None) => Vec::new(),
    };
    let [path] = paths.as_slice() else {
        let count = paths.len();
        return Err(ClusterError::Unable(format!("find a cluster: KUBECONFIG names {count} files, not one")));
    };
    std::fs::canonicalize(path).map_err(host(format!("read the kubeconfig {}", path.display())))
}

/// The user's own kubectl, or that of the parts.
fn kubectl_program() -> Result<PathBuf, ClusterError> {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = env::split_paths(&path).map(|folder| folder.join("kubectl")).find(|program| program.is_file());
    own.map_or_else(|| Ok(built_by("cluster/build.sh", &[])?.join("kubernetes/kubectl")), Ok)
}

/// The version that the API server says.
fn server_version(said: &str) -> String {
    let said: Option<Value> = serde_json::from_str(said).ok();
    let version = said.as_ref().and_then(|said| said.pointer("/serverVersion/gitVersion"));
    version.and_then(Value::as_str).unwrap_or("a cluster of unknown version").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_server() {
        let said =
            r#"{"clientVersion": {"gitVersion": "v1.0.0"}, "serverVersion": {"gitVersion": "v1.34.4"}}"#;
        assert_eq!(server_version(said), "v1.34.4");
        assert_eq!(server_version("{}"), "a cluster of unknown version");
    }

    #[test]
    fn workers_are_not_added_to_what_exists() {
        let folder = tempfile::tempdir().unwrap();
        let provider = Existing::new(Folder::choose(Some(folder.path())).unwrap(), None);
        assert!(provider.start(1).unwrap_err().to_string().contains("not the testbed's"));
    }
}
