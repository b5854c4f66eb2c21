//! The process that a cluster lives in: it starts everything, looks after it, and ends with it.
//!
//! Whoever uses the cluster knows it by its folder alone.

use std::fs;
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::addresses::Addresses;
use super::control_plane::KUBECTL;
use super::folder::Folder;
use super::kubectl::Kubectl;
use super::plane::{Plane, Wanted};
use super::process::{end_those_of_others, is_given_up, tail};
use super::provider::{Cluster, ClusterError, host};
use super::worker::Worker;
use super::workers::{self, BootedWorker};
use super::{kind, objects, own};

/// How often the cluster is looked after.
const POLL: Duration = Duration::from_millis(200);
/// How long nodes may take to be ready.
const READY_LIMIT: Duration = Duration::from_secs(600);
const WORLD_LIMIT: Duration = Duration::from_secs(240);
/// What a worker is like before anybody uses it; modules that the kubelet has loaded belong to it.
const WORLD: &str = "cut -d ' ' -f 1 /proc/modules >/run/testbed/modules.boot; bash /share/world.sh";
/// Applied at the start of each cluster.
const MANIFESTS: [&str; 1] = ["rights.yaml"];
/// Applied at the start of each cluster that is not bare.
const DEFINITIONS: [&str; 1] = ["network-attachment-definition.yaml"];
/// Applied at the start of each cluster with workers.
const MANIFESTS_FOR_WORKERS: [&str; 2] = ["multus.yaml", "whereabouts.yaml"];
/// Prints whether each node is ready, a word each.
const READY: &str = "jsonpath={range .items[*]}{.status.conditions[?(@.type=='Ready')].status}{'\\n'}{end}";

/// What a cluster is made of.
#[derive(Debug, Clone)]
pub struct Order {
    /// Where it lives.
    pub folder: Folder,
    /// Which control plane it has.
    pub plane: Wanted,
    /// How many workers it has.
    pub workers: u8,
    /// Whether they have nothing but their primary network.
    pub is_bare: bool,
    /// The port of the API server, where it is named.
    pub port: Option<u16>,
    /// The folder of parts.
    pub parts: PathBuf,
    /// The folder of the workers' image; not used without workers.
    pub image: Option<PathBuf>,
    /// What is vfctl in the workers.
    pub vfctl: Option<PathBuf>,
    /// The process that waits for the cluster; when it ends before that is ready, so does the cluster.
    pub starter: u32,
}

/// Starts a cluster, says that it is ready, and runs until it is told to stop. What happens is said on standard error.
///
/// # Errors
///
/// When the cluster does not start, or when a part of it ends by itself.
pub fn supervise(order: &Order) -> Result<(), ClusterError> {
    let folder = &order.folder;
    let Some(_held) = folder.hold()? else {
        return Err(ClusterError::Running { folder: folder.path().to_owned() });
    };
    let ready = Arc::new(AtomicBool::new(false));
    let watcher = watch_starter(order, Arc::clone(&ready));
    let ended = live(order, &ready);
    if is_given_up() {
        // It cleans up, and ends this process.
        drop(watcher.join());
    }
    Addresses::give_back(folder);
    if let Err(error) = &ended {
        // What the reason is counts, not what stays besides.
        drop(kind::clean(folder, || Ok(order.parts.clone())));
        // Who finds the folder later shall know why.
        fs::write(folder.broken_file(), format!("{}\n", chain(error)))
            .map_err(host("say why the cluster ended"))?;
    }
    ended
}

/// Ends this process, and with it all that it has started, when the command that waits for the cluster is gone before the
/// cluster is ready: nobody knows of it then.
fn watch_starter(order: &Order, ready: Arc<AtomicBool>) -> JoinHandle<()> {
    let Order { folder, parts, starter, .. } = order.clone();
    thread::spawn(move || {
        while !ready.load(Ordering::SeqCst) {
            if parent_id() != starter {
                let why = "the command that started it has ended before it was ready";
                eprintln!("cluster: {why}");
                // What creates a kind cluster would go on while that is deleted.
                end_those_of_others();
                Addresses::give_back(&folder);
                if let Err(error) = kind::clean(&folder, || Ok(parts)) {
                    eprintln!("cluster: failed to {}; `testbed cluster stop` tries it again", chain(&error));
                }
                drop(fs::write(folder.broken_file(), format!("{why}\n")));
                process::exit(1);
            }
            thread::sleep(POLL);
        }
    })
}

/// An error with its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

fn live(order: &Order, ready: &AtomicBool) -> Result<(), ClusterError> {
    let Order { folder, plane, workers: count, is_bare, port, parts, image, vfctl, starter: _ } = order;
    let started = Instant::now();
    let say = |text: &str| eprintln!("cluster: {text} after {:.1} s", started.elapsed().as_secs_f32());
    let mut control_plane = Plane::start(plane, parts, folder, *port, &say)?;
    say("the control plane is ready");
    let programs = folder.file("programs");
    fs::create_dir_all(&programs).map_err(host("make the programs' folder"))?;
    if let Some(vfctl) = vfctl {
        workers::put_vfctl(vfctl, &programs)?;
    }
    let mut cluster = Cluster {
        origin: control_plane.origin(),
        is_bare: *is_bare,
        kubectl: parts.join(KUBECTL),
        kubeconfig: folder.kubeconfig(),
        programs,
        world: Vec::new(),
        workers: Vec::new(),
    };
    let kubectl = Kubectl::of(&cluster);
    let apply = |manifests: &[&str]| -> Result<(), ClusterError> {
        for manifest in manifests {
            let path = manifest_for(manifest, folder, control_plane.port())?;
            kubectl.run(&["apply", "--server-side", "-f", &path.display().to_string()])?;
        }
        Ok(())
    };
    apply(&MANIFESTS)?;
    if !is_bare {
        apply(&DEFINITIONS)?;
    }
    let mut booted = Vec::new();
    if let Some(image) = image.as_deref().filter(|_| *count > 0) {
        control_plane.make_way(&kubectl)?;
        let addresses = control_plane.addresses(folder)?;
        if !is_bare {
            apply(&MANIFESTS_FOR_WORKERS)?;
        }
        for number in 1..=*count {
            let address = addresses.of(number);
            booted.push(workers::boot(number, order, &address, image)?);
            say(&format!("{} has booted", workers::name(number)));
        }
        await_ready(&kubectl, &mut control_plane, &mut booted, *is_bare)?;
        say("the nodes are ready");
        for worker in &booted {
            cluster.workers.push(with_world(worker)?);
        }
        cluster.world = objects::world(&kubectl)?;
    } else {
        cluster.world = own::lines(&kubectl)?;
    }
    // Before it is said: whoever hears it may end at once.
    ready.store(true, Ordering::SeqCst);
    folder.publish(&cluster)?;
    say("the cluster is ready");
    while !folder.stop_file().exists() {
        control_plane.check()?;
        check(&mut booted)?;
        thread::sleep(POLL);
    }
    drop(booted);
    control_plane.end(folder)
}

/// A manifest that says where this cluster's API server is.
fn manifest_for(name: &str, folder: &Folder, port: u16) -> Result<PathBuf, ClusterError> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("cluster/manifests").join(name);
    let text = fs::read_to_string(&source).map_err(host(format!("read {}", source.display())))?;
    let path = folder.file(name);
    fs::write(&path, text.replace("${API_PORT}", &port.to_string()))
        .map_err(host(format!("write {}", path.display())))?;
    Ok(path)
}

fn check(booted: &mut [BootedWorker]) -> Result<(), ClusterError> {
    for worker in booted {
        worker.machine.check()?;
    }
    Ok(())
}

fn await_ready(
    kubectl: &Kubectl,
    control_plane: &mut Plane,
    booted: &mut [BootedWorker],
    is_bare: bool,
) -> Result<(), ClusterError> {
    let count = booted.len();
    let nodes = count + control_plane.nodes();
    let ready = kubectl.wait_for(
        "the nodes to be ready",
        READY_LIMIT,
        &["get", "nodes", "-o", READY],
        || control_plane.check().and_then(|()| check(booted)),
        |answer| answer.lines().filter(|line| *line == "True").count() == nodes,
    );
    if let Err(ClusterError::TooSlow { what, limit, said }) = ready {
        let more: String = booted.iter().map(|worker| kubelet_says(&worker.access)).collect();
        return Err(ClusterError::TooSlow { what, limit, said: format!("{said}\n{more}") });
    }
    ready?;
    for worker in booted.iter() {
        let name = &worker.access.name;
        kubectl.run(&["label", "node", name, "node-role.kubernetes.io/worker=", "--overwrite"])?;
    }
    if is_bare {
        return Ok(());
    }
    // Its pod is ready a little after it has written the configuration that makes the node so.
    kubectl.wait_for(
        "multus to be ready",
        READY_LIMIT,
        &["-n", "kube-system", "get", "daemonset", "multus", "-o", "jsonpath={.status.numberReady}"],
        || control_plane.check().and_then(|()| check(booted)),
        |answer| answer.parse() == Ok(count),
    )
}

/// What the kubelet of a worker said last, for a person.
fn kubelet_says(access: &super::WorkerAccess) -> String {
    let said = Worker::connect(access)
        .and_then(|mut worker| worker.run("tail -n 20 /var/log/kubelet.log", "/", WORLD_LIMIT))
        .map_or_else(|error| chain(&error), |output| output.stdout);
    format!("kubelet of {}:\n{said}\nconsole:\n{}\n", access.name, tail(&access.console, 10))
}

fn with_world(worker: &BootedWorker) -> Result<super::WorkerAccess, ClusterError> {
    let mut access = worker.access.clone();
    let output = Worker::connect(&access)?.run(WORLD, "/", WORLD_LIMIT)?;
    access.world = output.stdout.lines().map(str::to_owned).collect();
    Ok(access)
}
