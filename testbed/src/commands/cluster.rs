//! `testbed cluster`: a Kubernetes cluster with emulated machines as its workers.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};

use super::rights;
use super::run::{Choice, Open, run_in_one};
use crate::cluster::local::MOST_WORKERS;
use crate::cluster::supervisor::{self, Order, chain};
use crate::cluster::workers::put_vfctl;
use crate::cluster::{
    Cluster, ClusterError, Existing, Folder, Kubectl, Local, NodeImage, Origin, Provider, Wanted, Worker,
};
use crate::guest::Output;
use crate::place::{Api, Workers};
use crate::programs;
use crate::scenario::files::Needs;

/// Which cluster.
#[derive(Debug, Args)]
pub(super) struct Where {
    /// The cluster's folder; otherwise one in the cache
    #[arg(long, value_name = "DIR", global = true)]
    dir: Option<PathBuf>,
}

/// What can be done with a cluster.
#[derive(Debug, Args)]
pub(super) struct ClusterArguments {
    #[command(flatten)]
    place: Where,
    #[command(subcommand)]
    command: ClusterCommand,
}

#[derive(Debug, Subcommand)]
enum ClusterCommand {
    /// Build what is missing and start a cluster, which goes on running
    Start {
        /// Where it comes from; an existing one is that of KUBECONFIG, which is only looked at and remembered
        #[arg(long, value_name = "PROVIDER", default_value = "local")]
        provider: Origin,
        /// The node image that kind uses; otherwise one is built here. Docker has to run, and to have it or find it
        #[arg(long, value_name = "IMAGE")]
        node_image: Option<String>,
        /// How many workers; without any, only the control plane runs [default: 1, or 0 where the cluster exists]
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(0..=i64::from(MOST_WORKERS)))]
        workers: Option<u8>,
        /// Workers with nothing but their primary network: without multus, SR-IOV CNI, whereabouts and their definitions
        #[arg(long)]
        bare: bool,
        /// The port of the API server on 127.0.0.1; a local cluster uses the four after it, too. Otherwise those that are free
        #[arg(long, value_name = "PORT")]
        port: Option<u16>,
        /// The vfctl that workers have; otherwise the one built last
        #[arg(long, value_name = "BIN")]
        vfctl: Option<PathBuf>,
    },
    /// Say whether a cluster runs, and how to use it
    Status,
    /// Stop the cluster; nothing of it stays but its logs. One that existed before goes on, without what was made in it
    Stop,
    /// Run scenarios in a cluster that runs, one after another; those that want another count of workers are left out, or fail
    /// in a cluster that existed before
    Run {
        #[command(flatten)]
        choice: Choice,
        /// The vfctl that workers have; otherwise the one built last
        #[arg(long, value_name = "BIN")]
        vfctl: Option<PathBuf>,
    },
    /// Take each right that `vfctl rbac` prints away, one after another, and see that vfctl fails and names it
    Rights {
        /// The simulator of vfctl; otherwise the one built last
        #[arg(long, value_name = "BIN")]
        sim: Option<PathBuf>,
        /// Only rights whose role, verb or resource contains this
        #[arg(long, value_name = "WORD")]
        only: Option<String>,
    },
    /// Run a shell command in a worker
    Exec {
        /// The worker's number
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        worker: u8,
        /// How long it may take, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 120)]
        limit: u64,
        /// The command
        #[arg(required = true, last = true)]
        command: String,
    },
    /// The process that a cluster lives in
    #[command(hide = true)]
    Supervise {
        #[arg(long)]
        workers: u8,
        #[arg(long)]
        bare: bool,
        #[arg(long)]
        port: Option<u16>,
        #[arg(long)]
        parts: PathBuf,
        #[arg(long)]
        image: Option<PathBuf>,
        #[arg(long)]
        vfctl: Option<PathBuf>,
        #[arg(long)]
        node_image: Option<String>,
        #[arg(long)]
        node_image_dir: Option<PathBuf>,
        #[arg(long)]
        starter: u32,
    },
}

/// Does what the command line says.
///
/// # Errors
///
/// When it cannot be done.
pub(super) fn cluster(arguments: ClusterArguments) -> anyhow::Result<ExitCode> {
    let ClusterArguments { place, command } = arguments;
    let folder = Folder::choose(place.dir.as_deref())?;
    match command {
        ClusterCommand::Start { provider, node_image, workers, bare, port, vfctl } => {
            ensure!(
                node_image.is_none() || provider == Origin::Kind,
                "use a node image: only the provider kind has one"
            );
            let vfctl = vfctl_or_none(vfctl.as_deref())?;
            describe(&match provider {
                Origin::Local => {
                    let local = Local::new(folder).with_vfctl(vfctl).with_port(port).with_bare_workers(bare);
                    local.start(workers.unwrap_or(1))?
                }
                Origin::Kind => {
                    let kind = Local::new(folder)
                        .with_kind(node_image)?
                        .with_vfctl(vfctl)
                        .with_port(port)
                        .with_bare_workers(bare);
                    kind.start(workers.unwrap_or(1))?
                }
                Origin::Existing => {
                    ensure!(!bare, "empty workers that exist");
                    ensure!(port.is_none(), "choose a port: the cluster exists and has one");
                    Existing::new(folder, vfctl).start(workers.unwrap_or(0))?
                }
            });
        }
        ClusterCommand::Status => return status(&*provider_of(folder)),
        ClusterCommand::Stop => {
            let provider = provider_of(folder);
            provider.stop()?;
            eprintln!("testbed: {}", provider.stopped());
        }
        ClusterCommand::Run { choice, vfctl } => {
            return run(provider_of(folder), &choice, vfctl.as_deref());
        }
        ClusterCommand::Rights { sim, only } => {
            let cluster = provider_of(folder).running()?;
            ensure!(
                cluster.origin == Origin::Local,
                "take rights away: the cluster is not the testbed's own"
            );
            return rights::try_all(&cluster, sim.as_deref(), only.as_deref());
        }
        ClusterCommand::Exec { worker, limit, command } => {
            let cluster = provider_of(folder).running()?;
            return exec(&cluster, worker, Duration::from_secs(limit), &command);
        }
        ClusterCommand::Supervise {
            workers,
            bare,
            port,
            parts,
            image,
            vfctl,
            node_image,
            node_image_dir,
            starter,
        } => {
            let plane = match (node_image, node_image_dir) {
                (Some(name), _) => Wanted::Kind(NodeImage::Named(name)),
                (None, Some(folder)) => Wanted::Kind(NodeImage::Built(folder)),
                (None, None) => Wanted::Local,
            };
            let order = Order { folder, plane, workers, is_bare: bare, port, parts, image, vfctl, starter };
            supervisor::supervise(&order)
                .inspect_err(|error| eprintln!("cluster: failed to {}", chain(error)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The provider of the cluster in a folder.
fn provider_of(folder: Folder) -> Arc<dyn Provider> {
    // What cannot be read was written by another version of this program, which can be stopped all the same.
    match folder.cluster().ok().flatten().map(|cluster| cluster.origin) {
        Some(Origin::Existing) => Arc::new(Existing::new(folder, None)),
        Some(Origin::Local | Origin::Kind) | None => Arc::new(Local::new(folder)),
    }
}

/// The vfctl that was named or built; that there is none is said on standard error.
fn vfctl_or_none(named: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    match programs::find("vfctl", named) {
        Ok(vfctl) => Ok(Some(vfctl)),
        Err(error @ programs::ProgramError::Missing { .. }) => {
            eprintln!("testbed: going on without vfctl: failed to {error}");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Says how a cluster is used, in lines that a shell understands.
fn describe(cluster: &Cluster) {
    println!("export KUBECONFIG={}", cluster.kubeconfig.display());
    if let Some(folder) = cluster.kubectl.parent() {
        println!("export PATH={}:$PATH", folder.display());
    }
    for worker in &cluster.workers {
        println!("# {} at {}, console in {}", worker.name, worker.address, worker.console.display());
    }
}

fn status(provider: &dyn Provider) -> anyhow::Result<ExitCode> {
    match provider.running() {
        Ok(cluster) => {
            describe(&cluster);
            print!("{}", Kubectl::of(&cluster).run(&["get", "nodes,pods", "-A", "-o", "wide"])?);
            Ok(ExitCode::SUCCESS)
        }
        Err(ClusterError::NotRunning { folder }) => {
            println!("no cluster is running in {}", folder.display());
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error.into()),
    }
}

/// Runs those scenarios that want as many workers as there are.
fn run(provider: Arc<dyn Provider>, choice: &Choice, vfctl: Option<&Path>) -> anyhow::Result<ExitCode> {
    let cluster = provider.running()?;
    let mut scenarios = choice.scenarios(Needs::Cluster)?;
    let all = scenarios.len();
    // Where no worker can ever be the testbed's, whatever needs one fails and says so.
    scenarios.retain(|scenario| {
        let is_alike = scenario.is_bare == cluster.is_bare;
        cluster.origin == Origin::Existing
            || scenario.cluster.map(usize::from) == Some(cluster.workers.len()) && is_alike
    });
    if scenarios.len() < all {
        eprintln!("testbed: {} scenarios want other workers", all - scenarios.len());
    }
    if let Some(vfctl) = vfctl_or_none(vfctl)? {
        put_vfctl(&vfctl, &cluster.programs)?;
    }
    let report = choice.report("cluster")?;
    let open: Open<'_> = Box::new(|| {
        let provider = Arc::clone(&provider);
        Ok(if cluster.workers.is_empty() {
            Box::new(Api::open(provider)?)
        } else {
            Box::new(Workers::open(provider)?)
        })
    });
    let code = run_in_one(&scenarios, None, open, &report)?;
    // Whatever failed may have failed for this.
    provider.running()?;
    Ok(code)
}

fn exec(cluster: &Cluster, number: u8, limit: Duration, command: &str) -> anyhow::Result<ExitCode> {
    ensure!(number > 0, "count workers from 1");
    let access = cluster
        .workers
        .get(usize::from(number) - 1)
        .with_context(|| format!("find worker-{number} among {}", cluster.workers.len()))?;
    let Output { code, stdout, stderr } = Worker::connect(access)?.run(command, "/share", limit)?;
    print!("{stdout}");
    eprint!("{stderr}");
    Ok(ExitCode::from(code.map_or(124, |code| u8::try_from(code).unwrap_or(u8::MAX))))
}
