//! The control plane of a kind cluster: its one node, in a container.
//!
//! The guests that join it are the same as those of the testbed's own control plane: only the addresses of this machine and
//! the authority tell them where they belong.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::{Duration, Instant};

use super::control_plane::{FIRST_PORT, GATEWAY, KUBECTL, kubeadm_configuration};
use super::docker::{self, Docker};
use super::folder::Folder;
use super::kubectl::Kubectl;
use super::process::must_run;
use super::provider::{ClusterError, host};
use super::relay;
use crate::patience;

/// kind among the parts.
const KIND: &str = "kind-cli/kind";
/// The archive of the node image, and the file with its name, in the folder that `image/kind-node.sh` prints.
const ARCHIVE: &str = "image.tar";
const NAME: &str = "name";
/// Where a cluster remembers what has to be cleaned up after it: a word and a name in each line.
const FILE: &str = "kind";
/// The words there: a cluster and an image in a docker that others use, too, and the cgroup of the cluster's own.
const CLUSTER: &str = "cluster";
const IMAGE: &str = "image";
const CGROUP: &str = "cgroup";
/// How long kind may take to create a cluster, and to delete it.
const CREATE_LIMIT: Duration = Duration::from_secs(400);
const DELETE_LIMIT: Duration = Duration::from_secs(60);
/// How long the node and its pods may take to be ready then.
const READY_LIMIT: Duration = Duration::from_secs(240);
/// How often docker is asked whether the node runs.
const LOOK: Duration = Duration::from_secs(5);
/// How many ports are tried.
const PORTS: u16 = 100;
/// What runs on each node by kind's will, and cannot run in guests: they have no such images.
const OF_NODES: [&str; 2] = ["kube-proxy", "kindnet"];

/// The image of kind's node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeImage {
    /// The one that the testbed builds: its folder.
    Built(PathBuf),
    /// One that docker has or finds.
    Named(String),
}

/// kind's control plane, which runs. Dropping it ends it where docker is the cluster's own.
#[derive(Debug)]
pub struct KindPlane {
    docker: Docker,
    name: String,
    kind: PathBuf,
    looked: Instant,
    /// The API server's port, on 127.0.0.1.
    pub port: u16,
}

impl KindPlane {
    /// Creates the cluster; its node is ready afterwards, and what joins it finds what it needs in the folder.
    ///
    /// # Errors
    ///
    /// When docker does not run, or kind does not create it.
    pub fn start(
        parts: &Path,
        folder: &Folder,
        port: Option<u16>,
        image: &NodeImage,
        say: &dyn Fn(&str),
    ) -> Result<Self, ClusterError> {
        let (listener, port) = free_port(port)?;
        let docker = match (Docker::of_this_machine()?, image) {
            (Some(docker), _) => {
                // The port is for docker then.
                drop(listener);
                docker
            }
            (None, NodeImage::Named(image)) => {
                return Err(ClusterError::Unable(format!(
                    "use the node image {image}: no docker runs here, and the one that the testbed starts has no way to a \
                     registry; start docker, or leave out --node-image"
                )));
            }
            (None, NodeImage::Built(_)) => {
                relay::leave_network()?;
                relay::relay(listener)?;
                Docker::start(folder)?
            }
        };
        let is_own = docker.cgroup().is_some();
        say(if is_own { "docker has started" } else { "the docker of this machine answers" });
        // Others may have clusters in a docker that is not this one's own.
        let name = if is_own { "vfctl".to_owned() } else { format!("vfctl-{}", process::id()) };
        let (word, which) = docker.cgroup().map_or((CLUSTER, &*name), |cgroup| (CGROUP, cgroup));
        remember(folder, word, which)?;
        let kind = parts.join(KIND);
        let mut plane = Self { docker, name, kind, looked: Instant::now(), port };
        let image = plane.provide(folder, image)?;
        say("docker has the node image");
        plane.create(folder, &image)?;
        say("kind has created the cluster");
        plane.hand_over(parts, folder)?;
        plane.await_node(&Kubectl::new(&parts.join(KUBECTL), &folder.kubeconfig()))?;
        Ok(plane)
    }

    /// Whether the cluster has a network of its own, which goes with it.
    pub fn is_apart(&self) -> bool {
        self.docker.cgroup().is_some()
    }

    /// Fails when docker or the node has ended.
    ///
    /// # Errors
    ///
    /// When one has.
    pub fn check(&mut self) -> Result<(), ClusterError> {
        self.docker.check()?;
        if self.looked.elapsed() < LOOK {
            return Ok(());
        }
        self.looked = Instant::now();
        let node = self.node();
        match self.docker.run(&["inspect", "--format", "{{.State.Running}}", &node])?.trim() {
            "true" => Ok(()),
            _ => Err(ClusterError::Unable(format!("keep {node} running: its container has ended"))),
        }
    }

    /// Leaves the node to the control plane: what scenarios make runs in guests, and kind's own runs in no guest.
    ///
    /// # Errors
    ///
    /// When the API server refuses.
    pub fn make_way(&self, kubectl: &Kubectl) -> Result<(), ClusterError> {
        let taint = "node-role.kubernetes.io/control-plane:NoSchedule";
        kubectl.run(&["taint", "node", &self.node(), taint, "--overwrite"])?;
        let patch = r#"{"spec": {"template": {"spec": {"nodeSelector": {"node-role.kubernetes.io/control-plane": ""}}}}}"#;
        for daemon_set in OF_NODES {
            kubectl.run(&["-n", "kube-system", "patch", "daemonset", daemon_set, "--patch", patch])?;
        }
        for daemon_set in OF_NODES {
            let name = format!("daemonset/{daemon_set}");
            kubectl.run(&["-n", "kube-system", "rollout", "status", &name, "--timeout=110s"])?;
        }
        Ok(())
    }

    /// Deletes the cluster, and ends docker where it is the cluster's own.
    ///
    /// # Errors
    ///
    /// When something stays.
    pub fn end(self, folder: &Folder) -> Result<(), ClusterError> {
        let Self { docker, name, kind, looked: _, port: _ } = self;
        // What the node said of itself, for whoever looks later.
        if let Ok(journal) = docker.run(&["exec", &node(&name), "journalctl", "--no-pager", "--lines=5000"]) {
            drop(fs::write(folder.logs().join("control-plane.log"), journal));
        }
        delete(&docker, &kind, &name)?;
        // What is in the cluster's own goes with it.
        if docker.cgroup().is_none() {
            remove_image(folder, &docker)?;
        }
        docker.end()?;
        fs::remove_file(folder.file(FILE)).map_err(host("forget the cluster"))
    }

    fn node(&self) -> String {
        node(&self.name)
    }

    /// The name of the node image, which docker has afterwards, or will find.
    fn provide(&self, cluster: &Folder, image: &NodeImage) -> Result<String, ClusterError> {
        match image {
            NodeImage::Named(name) => Ok(name.clone()),
            NodeImage::Built(folder) => {
                let path = folder.join(NAME);
                let name = fs::read_to_string(&path).map_err(host(format!("read {}", path.display())))?;
                let name = name.trim().to_owned();
                if !self.docker.has_image(&name) {
                    remember(cluster, IMAGE, &name)?;
                    self.docker.load(&folder.join(ARCHIVE))?;
                }
                Ok(name)
            }
        }
    }

    fn create(&self, folder: &Folder, image: &str) -> Result<(), ClusterError> {
        let path = folder.file("kind.yaml");
        fs::write(&path, configuration(self.port)).map_err(host(format!("write {}", path.display())))?;
        let mut command = command(&self.docker, &self.kind, &self.name);
        command.args(["create", "cluster", "--name", &self.name, "--image", image, "--config"]);
        command.arg(path).arg("--kubeconfig").arg(folder.kubeconfig());
        must_run(&mut command, patience::stretched(CREATE_LIMIT), "kind create cluster").map(|_| ())
    }

    /// Puts the authority where those who join are given their certificates.
    fn hand_over(&self, parts: &Path, folder: &Folder) -> Result<(), ClusterError> {
        fs::create_dir_all(folder.pki()).map_err(host("make the folder of certificates"))?;
        for file in ["ca.crt", "ca.key"] {
            let from = format!("{}:/etc/kubernetes/pki/{file}", self.node());
            self.docker.run(&["cp", &from, &folder.pki().join(file).display().to_string()])?;
        }
        // Not each node image is of this version.
        let kubectl = Kubectl::new(&parts.join(KUBECTL), &folder.kubeconfig());
        let path = "jsonpath={.items[0].status.nodeInfo.kubeletVersion}";
        let version = kubectl.run(&["get", "nodes", "--output", path])?;
        kubeadm_configuration(folder, self.port, version.trim())
    }

    fn await_node(&mut self, kubectl: &Kubectl) -> Result<(), ClusterError> {
        let coredns = "jsonpath={.status.readyReplicas} of {.spec.replicas}";
        kubectl.wait_for(
            "CoreDNS to be ready on kind's node",
            READY_LIMIT,
            &["-n", "kube-system", "get", "deployment", "coredns", "-o", coredns],
            || self.check(),
            |answer| answer.split_once(" of ").is_some_and(|(ready, wanted)| ready == wanted),
        )
    }
}

/// Cleans up after a cluster that was killed in a folder.
///
/// # Errors
///
/// When something stays.
pub fn clean(
    folder: &Folder,
    kind: impl FnOnce() -> Result<PathBuf, ClusterError>,
) -> Result<(), ClusterError> {
    if let Some(cgroup) = remembered(folder, CGROUP) {
        docker::clean(&cgroup)?;
    }
    if let Some(name) = remembered(folder, CLUSTER) {
        let Some(docker) = Docker::of_this_machine()? else {
            return Err(ClusterError::Unable(format!(
                "delete the kind cluster {name}: the docker that it runs in does not answer; start docker and try again"
            )));
        };
        delete(&docker, &kind()?.join(KIND), &name)?;
        remove_image(folder, &docker)?;
    }
    Ok(())
}

/// Removes the image that was read for the cluster, if one was.
fn remove_image(folder: &Folder, docker: &Docker) -> Result<(), ClusterError> {
    match remembered(folder, IMAGE) {
        Some(image) if docker.has_image(&image) => docker.run(&["image", "rm", &image]).map(|_| ()),
        Some(_) | None => Ok(()),
    }
}

fn remember(folder: &Folder, word: &str, name: &str) -> Result<(), ClusterError> {
    let path = folder.file(FILE);
    let text = fs::read_to_string(&path).unwrap_or_default() + &format!("{word} {name}\n");
    fs::write(&path, text).map_err(host("remember the cluster"))
}

/// The name that was remembered with this word.
fn remembered(folder: &Folder, word: &str) -> Option<String> {
    let text = fs::read_to_string(folder.file(FILE)).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(own, _)| *own == word)
        .map(|(_, name)| name.to_owned())
}

/// Deletes a cluster and its network.
fn delete(docker: &Docker, kind: &Path, name: &str) -> Result<(), ClusterError> {
    let mut command = command(docker, kind, name);
    // It would take the cluster out of the user's own kubeconfig.
    command.args(["delete", "cluster", "--quiet", "--name", name, "--kubeconfig", "/dev/null"]);
    must_run(&mut command, patience::stretched(DELETE_LIMIT), "kind delete cluster")?;
    let networks = docker.run(&["network", "ls", "--format", "{{.Name}}"])?;
    if networks.lines().any(|network| network == name) {
        docker.run(&["network", "rm", name])?;
    }
    Ok(())
}

/// kind with this docker; the cluster's network is called as the cluster, and no other cluster is in it.
fn command(docker: &Docker, kind: &Path, name: &str) -> Command {
    let mut command = docker.command(kind);
    command.env("KIND_EXPERIMENTAL_DOCKER_NETWORK", name);
    command
}

/// The name of the node of a cluster, and of its container.
fn node(cluster: &str) -> String {
    format!("{cluster}-control-plane")
}

/// What kind is told.
fn configuration(port: u16) -> String {
    // A worker on a busy machine is late, not lost. Which of the two formats kubeadm reads depends on its version.
    let late = |version: &str, arguments: &str| {
        format!(
            "- |\n  kind: ClusterConfiguration\n  apiVersion: kubeadm.k8s.io/{version}\n\
             \x20 controllerManager: {{extraArgs: {arguments}}}\n"
        )
    };
    format!(
        "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n\
         networking: {{apiServerAddress: 127.0.0.1, apiServerPort: {port}, ipFamily: ipv4}}\n\
         nodes: [{{role: control-plane}}]\n\
         kubeadmConfigPatches:\n\
         - |\n  kind: ClusterConfiguration\n  apiServer: {{certSANs: [localhost, 127.0.0.1, {GATEWAY}]}}\n\
         {}{}",
        late("v1beta3", "{node-monitor-grace-period: 3m}"),
        late("v1beta4", "[{name: node-monitor-grace-period, value: 3m}]")
    )
}

/// The port that was named, or the first that is free, and a listener that keeps it so.
fn free_port(named: Option<u16>) -> Result<(TcpListener, u16), ClusterError> {
    let listen = |port| match TcpListener::bind(("127.0.0.1", port)) {
        Ok(listener) => Ok((listener, port)),
        Err(source) => Err(ClusterError::Port { port, source }),
    };
    if let Some(port) = named {
        return listen(port);
    }
    (1..PORTS).fold(listen(FIRST_PORT), |found, number| found.or_else(|_| listen(FIRST_PORT + number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_find_the_api_server_by_a_name_that_its_certificate_has() {
        let text = configuration(6450);
        assert!(text.contains("apiServerPort: 6450"), "{text}");
        assert!(text.contains(&format!("certSANs: [localhost, 127.0.0.1, {GATEWAY}]")), "{text}");
    }

    #[test]
    fn a_port_that_is_used_is_not_taken() {
        let (held, port) = free_port(None).unwrap();
        assert!(free_port(Some(port)).is_err());
        assert_ne!(free_port(None).unwrap().1, port);
        drop(held);
    }

    #[test]
    fn what_is_to_be_cleaned_up_is_known_by_its_word() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::choose(Some(dir.path())).unwrap();
        remember(&folder, CLUSTER, "vfctl-7").unwrap();
        remember(&folder, IMAGE, "localhost/kind-node:1").unwrap();
        let names = [CLUSTER, IMAGE, CGROUP].map(|word| remembered(&folder, word));
        assert_eq!(names, [Some("vfctl-7".to_owned()), Some("localhost/kind-node:1".to_owned()), None]);
    }

    #[test]
    fn nothing_is_cleaned_where_no_kind_cluster_was() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::choose(Some(dir.path())).unwrap();
        clean(&folder, || Err(ClusterError::Unable("build parts for nothing".to_owned()))).unwrap();
    }
}
