//! The control plane on loopback: certificates, etcd, API server, controller-manager, scheduler.
//!
//! Guests see this machine as 10.0.2.2: that is what the API server says of itself and what its certificate holds for.

use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::folder::Folder;
use super::kubectl::Kubectl;
use super::process::{Process, must_run};
use super::provider::{ClusterError, host};

/// This machine, as guests with user networking see it.
pub const GATEWAY: &str = "10.0.2.2";
/// The first port that is tried for the API server; it and the four after it are used, or the next five.
pub const FIRST_PORT: u16 = 6443;
/// kubectl among the parts.
pub const KUBECTL: &str = "kubernetes/kubectl";
/// What kubeadm is told.
const KUBEADM_FILE: &str = "kubeadm.yaml";
/// How many times five ports are tried.
const TRIES: u16 = 20;
/// How long a kubeadm phase may take.
const KUBEADM_LIMIT: Duration = Duration::from_secs(180);
/// How long the API server may take to be ready.
const API_LIMIT: Duration = Duration::from_secs(240);
/// Must be the version that `cluster/parts/kubernetes` pins.
const VERSION: &str = "v1.34.4";

/// The ports on loopback: the API server's and the four that follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ports {
    api: u16,
    etcd: u16,
    etcd_peers: u16,
    controller_manager: u16,
    scheduler: u16,
}

impl Ports {
    fn from(api: u16) -> Self {
        let after = |number| api.saturating_add(number);
        Self { api, etcd: after(1), etcd_peers: after(2), controller_manager: after(3), scheduler: after(4) }
    }

    /// The ports that begin with the one that was named, or else the first that are free; nobody else chooses one of them while the
    /// claim is kept.
    fn choose(named: Option<u16>) -> Result<(Self, Claim), ClusterError> {
        if let Some(port) = named {
            return Self::from(port).claim();
        }
        let claim = |number| Self::from(FIRST_PORT + 5 * number).claim();
        (1..TRIES).fold(claim(0), |chosen, number| chosen.or_else(|_| claim(number)))
    }

    /// Claims each of them, by a name that the kernel gives to one process of a network namespace: two clusters that are started at
    /// the same moment both find them free.
    fn claim(self) -> Result<(Self, Claim), ClusterError> {
        let Self { api, etcd, etcd_peers, controller_manager, scheduler } = self;
        let claim = |port: u16| {
            let name = SocketAddr::from_abstract_name(format!("vfctl-testbed-port-{port}"))?;
            let claim = UnixListener::bind_addr(&name)?;
            // Another program may use it.
            TcpListener::bind(("127.0.0.1", port)).map(|_| claim)
        };
        let claim = |port| claim(port).map_err(|source| ClusterError::Port { port, source });
        let claims = [api, etcd, etcd_peers, controller_manager, scheduler].map(claim);
        let claims = claims.into_iter().collect::<Result<Vec<UnixListener>, ClusterError>>()?;
        Ok((self, Claim { _ports: claims }))
    }
}

/// A claim on ports, as long as it is kept.
#[derive(Debug)]
struct Claim {
    _ports: Vec<UnixListener>,
}

/// The programs of a control plane; dropping them ends them, the last started first.
#[derive(Debug)]
pub struct ControlPlane {
    scheduler: Process,
    controller_manager: Process,
    api_server: Process,
    etcd: Process,
    /// The API server's port.
    pub port: u16,
    _claim: Claim,
}

impl ControlPlane {
    /// Makes certificates and starts everything; the API server is ready afterwards.
    ///
    /// # Errors
    ///
    /// When a port is in use or something does not start.
    pub fn start(parts: &Path, folder: &Folder, port: Option<u16>) -> Result<Self, ClusterError> {
        let (ports, claim) = Ports::choose(port)?;
        let start = |program: &str, arguments: Vec<String>| {
            Process::start(&parts.join(program), &arguments, &folder.logs())
        };
        let mut etcd = start("etcd/etcd", etcd_arguments(folder, ports))?;
        certificates(parts, folder, ports)?;
        let mut api_server = start("kubernetes/kube-apiserver", api_server_arguments(folder, ports))?;
        let kubectl = Kubectl::new(&parts.join(KUBECTL), &folder.kubeconfig());
        // The others end when the roles that the API server makes at its start are not there yet.
        kubectl.wait_for(
            "the API server",
            API_LIMIT,
            &["get", "--raw=/readyz"],
            || etcd.check().and_then(|()| api_server.check()),
            |answer| answer == "ok",
        )?;
        let controller_manager =
            start("kubernetes/kube-controller-manager", controller_manager_arguments(folder, ports))?;
        let scheduler = start("kubernetes/kube-scheduler", scheduler_arguments(folder, ports))?;
        Ok(Self { scheduler, controller_manager, api_server, etcd, port: ports.api, _claim: claim })
    }

    /// Fails when one of its programs has ended.
    ///
    /// # Errors
    ///
    /// When one has, with what it said last.
    pub fn check(&mut self) -> Result<(), ClusterError> {
        let Self { scheduler, controller_manager, api_server, etcd, port: _, _claim: _ } = self;
        [scheduler, controller_manager, api_server, etcd].into_iter().try_for_each(Process::check)
    }
}

/// Writes the kubeconfig of a node into a folder, and beside it the authority and admin rights for vfctl.
///
/// # Errors
///
/// When kubeadm fails.
pub fn node_files(parts: &Path, folder: &Folder, node: &str, target: &Path) -> Result<(), ClusterError> {
    fs::create_dir_all(target).map_err(host(format!("make {}", target.display())))?;
    let mut command = Command::new(parts.join("kubernetes/kubeadm"));
    command.args(["kubeconfig", "user", "--org", "system:nodes", "--client-name"]);
    command.arg(format!("system:node:{node}")).arg("--config").arg(folder.file(KUBEADM_FILE));
    let kubelet = must_run(&mut command, KUBEADM_LIMIT, "kubeadm kubeconfig user")?;
    let admin = fs::read_to_string(folder.kubeconfig()).map_err(host("read the admin's kubeconfig"))?;
    let outside = |text: &str| text.replace("https://127.0.0.1:", &format!("https://{GATEWAY}:"));
    let write = |name: &str, text: String| {
        fs::write(target.join(name), text).map_err(host(format!("write {name} of {node}")))
    };
    write("kubelet.conf", outside(&kubelet))?;
    write("vfctl.conf", outside(&admin))?;
    let authority = fs::read_to_string(folder.pki().join("ca.crt")).map_err(host("read the authority"))?;
    write("ca.crt", authority)
}

/// Writes what kubeadm has to know for making certificates and kubeconfigs of this cluster.
///
/// # Errors
///
/// When it cannot be written.
pub fn kubeadm_configuration(folder: &Folder, port: u16, version: &str) -> Result<(), ClusterError> {
    let config = folder.file(KUBEADM_FILE);
    let text = format!(
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n\
         localAPIEndpoint: {{advertiseAddress: {GATEWAY}, bindPort: {port}}}\n\
         nodeRegistration: {{name: control-plane, criSocket: 'unix:///run/containerd/containerd.sock'}}\n\
         ---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n\
         kubernetesVersion: {version}\nclusterName: testbed\ncertificatesDir: {}\n\
         controlPlaneEndpoint: '127.0.0.1:{port}'\nencryptionAlgorithm: ECDSA-P256\n\
         networking: {{serviceSubnet: 10.96.0.0/16}}\n\
         apiServer: {{certSANs: [127.0.0.1, localhost, {GATEWAY}]}}\n",
        folder.pki().display()
    );
    fs::write(&config, text).map_err(host(format!("write {}", config.display())))
}

fn certificates(parts: &Path, folder: &Folder, ports: Ports) -> Result<(), ClusterError> {
    let config = folder.file(KUBEADM_FILE);
    kubeadm_configuration(folder, ports.api, VERSION)?;
    let kubeadm = |words: &[&str], more: &[&Path]| {
        let mut command = Command::new(parts.join("kubernetes/kubeadm"));
        command.args(["init", "phase"]).args(words).arg("--config").arg(&config).args(more);
        must_run(&mut command, KUBEADM_LIMIT, &format!("kubeadm init phase {}", words.join(" ")))
    };
    for name in ["ca", "apiserver", "apiserver-kubelet-client", "front-proxy-ca", "front-proxy-client", "sa"]
    {
        kubeadm(&["certs", name], &[])?;
    }
    for name in ["super-admin", "controller-manager", "scheduler"] {
        kubeadm(&["kubeconfig", name], &[Path::new("--kubeconfig-dir"), folder.path()])?;
        let path = folder.file(&format!("{name}.conf"));
        // The address that is meant for guests is none of this machine's.
        let text = fs::read_to_string(&path).map_err(host(format!("read {}", path.display())))?;
        fs::write(&path, text.replace(&format!("https://{GATEWAY}:"), "https://127.0.0.1:"))
            .map_err(host(format!("write {}", path.display())))?;
    }
    fs::rename(folder.file("super-admin.conf"), folder.kubeconfig())
        .map_err(host("rename the admin's kubeconfig"))
}

fn option(name: &str, value: impl std::fmt::Display) -> String {
    format!("--{name}={value}")
}

fn path(name: &str, path: PathBuf) -> String {
    option(name, path.display())
}

fn etcd_arguments(folder: &Folder, ports: Ports) -> Vec<String> {
    vec![
        path("data-dir", folder.file("etcd")),
        option("listen-client-urls", format_args!("http://127.0.0.1:{}", ports.etcd)),
        option("advertise-client-urls", format_args!("http://127.0.0.1:{}", ports.etcd)),
        option("listen-peer-urls", format_args!("http://127.0.0.1:{}", ports.etcd_peers)),
        option("initial-advertise-peer-urls", format_args!("http://127.0.0.1:{}", ports.etcd_peers)),
        option("initial-cluster", format_args!("default=http://127.0.0.1:{}", ports.etcd_peers)),
        // What is in it is forgotten with the cluster.
        "--unsafe-no-fsync".to_owned(),
    ]
}

fn api_server_arguments(folder: &Folder, ports: Ports) -> Vec<String> {
    let pki = |name: &str, file: &str| path(name, folder.pki().join(file));
    vec![
        option("advertise-address", GATEWAY),
        option("bind-address", "127.0.0.1"),
        option("secure-port", ports.api),
        option("etcd-servers", format_args!("http://127.0.0.1:{}", ports.etcd)),
        option("allow-privileged", true),
        option("authorization-mode", "Node,RBAC"),
        option("enable-admission-plugins", "NodeRestriction"),
        option("service-cluster-ip-range", "10.96.0.0/16"),
        option("service-account-issuer", format_args!("https://{GATEWAY}:{}", ports.api)),
        pki("service-account-key-file", "sa.pub"),
        pki("service-account-signing-key-file", "sa.key"),
        pki("client-ca-file", "ca.crt"),
        pki("tls-cert-file", "apiserver.crt"),
        pki("tls-private-key-file", "apiserver.key"),
        pki("kubelet-client-certificate", "apiserver-kubelet-client.crt"),
        pki("kubelet-client-key", "apiserver-kubelet-client.key"),
        option("kubelet-preferred-address-types", "InternalIP"),
        pki("proxy-client-cert-file", "front-proxy-client.crt"),
        pki("proxy-client-key-file", "front-proxy-client.key"),
        pki("requestheader-client-ca-file", "front-proxy-ca.crt"),
        option("requestheader-allowed-names", "front-proxy-client"),
        option("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
        option("requestheader-group-headers", "X-Remote-Group"),
        option("requestheader-username-headers", "X-Remote-User"),
    ]
}

fn controller_manager_arguments(folder: &Folder, ports: Ports) -> Vec<String> {
    let pki = |name: &str, file: &str| path(name, folder.pki().join(file));
    let own = folder.file("controller-manager.conf");
    vec![
        path("kubeconfig", own.clone()),
        path("authentication-kubeconfig", own.clone()),
        path("authorization-kubeconfig", own),
        option("bind-address", "127.0.0.1"),
        option("secure-port", ports.controller_manager),
        option("leader-elect", false),
        option("use-service-account-credentials", true),
        // A worker on a busy machine is late, not lost.
        option("node-monitor-grace-period", "3m"),
        pki("client-ca-file", "ca.crt"),
        pki("root-ca-file", "ca.crt"),
        pki("cluster-signing-cert-file", "ca.crt"),
        pki("cluster-signing-key-file", "ca.key"),
        pki("service-account-private-key-file", "sa.key"),
        pki("requestheader-client-ca-file", "front-proxy-ca.crt"),
    ]
}

fn scheduler_arguments(folder: &Folder, ports: Ports) -> Vec<String> {
    let own = folder.file("scheduler.conf");
    vec![
        path("kubeconfig", own.clone()),
        path("authentication-kubeconfig", own.clone()),
        path("authorization-kubeconfig", own),
        option("bind-address", "127.0.0.1"),
        option("secure-port", ports.scheduler),
        option("leader-elect", false),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the first of ten ports that are likely free.
    fn ten_ports() -> u16 {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().min(u16::MAX - 10)
    }

    #[test]
    fn ports_that_one_cluster_has_chosen_are_free_to_no_other_that_would_use_one_of_them() {
        // Somebody may take one meanwhile.
        let choose = |_| {
            let port = ten_ports();
            Ports::choose(Some(port + 5)).ok()?;
            Some((port, Ports::choose(Some(port)).ok()?))
        };
        let (port, first) = (0..10).find_map(choose).unwrap();
        for other in [port, port + 2, port + 4] {
            let error = Ports::choose(Some(other)).unwrap_err();
            let cause = std::error::Error::source(&error).expect("the cause is kept").to_string();
            assert!(cause.contains("in use"), "{error}: {cause}");
        }
        assert!(Ports::choose(Some(port + 5)).is_ok(), "those of the other are free again");
        drop(first);
        assert!(Ports::choose(Some(port + 2)).is_ok());
    }
}
