//! The same commands on a host in memory that is kept in a file between calls: for scenarios, not shipped.
//!
//! `vfctl-sim --world FILE new FACTS` makes it from recorded facts, `hand WORDS…` does what somebody else would
//! do, and `vfctl ARGS…` runs vfctl on it.

#![allow(clippy::disallowed_methods, reason = "the simulated host is kept in a file")]

use std::ffi::OsString;
use std::io::{stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use vfctl_cli::{ClusterArgs, ClusterEdge, Connect, Console, Exit, Machine, NoCluster, Terminal, run};
use vfctl_cluster::{Access, Cluster};
use vfctl_host::SystemClock;
use vfctl_model::HostName;
use vfctl_port::{Clock, EdgeError, World};
use vfctl_sim::{Hand, SimHost, SimWorld};

fn main() -> ExitCode {
    match simulate() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("vfctl-sim: {error:#}");
            ExitCode::from(125)
        }
    }
}

fn simulate() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(flag), Some(file), Some(verb)) = (arguments.next(), arguments.next(), arguments.next()) else {
        bail!("usage: vfctl-sim --world FILE (new FACTS | hand WORDS… | vfctl ARGS…)");
    };
    if flag != "--world" {
        bail!("the first argument is --world FILE");
    }
    let file = PathBuf::from(file);
    let rest: Vec<OsString> = arguments.collect();
    match (verb.to_str(), rest.as_slice()) {
        (Some("new"), [facts]) => {
            let world: World = serde_json::from_slice(&std::fs::read(facts).context("read the facts")?)?;
            let (_, host) = world.hosts.into_iter().next().context("the facts are of no host")?;
            save(&file, SimWorld::new(host))?;
            Ok(ExitCode::SUCCESS)
        }
        (Some("hand"), words) => {
            let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
            let host = SimHost::new(name()?, load(&file)?);
            let done = host.by_hand(&Hand::parse(&words.join(" "))?);
            host.settle();
            save(&file, host.into_world())?;
            if let Err(refusal) = done {
                eprintln!("{refusal}");
                return Ok(ExitCode::FAILURE);
            }
            Ok(ExitCode::SUCCESS)
        }
        (Some("vfctl"), arguments) => {
            let host = SimHost::new(name()?, load(&file)?);
            let exit = run_on(&host, &file, arguments)?;
            host.settle();
            save(&file, host.into_world())?;
            Ok(exit.into())
        }
        _ => bail!("the verbs are new FACTS, hand WORDS… and vfctl ARGS…"),
    }
}

/// Reaches the cluster of a kubeconfig that is named, and no other: the node that the simulated host is there is of a cluster that
/// runs.
struct NamedCluster;

impl Connect for NamedCluster {
    fn connect(&self, wanted: &ClusterArgs) -> Result<Option<Box<dyn ClusterEdge>>, EdgeError> {
        let ClusterArgs { kubeconfig, context } = wanted.clone();
        if kubeconfig.is_none() {
            return NoCluster.connect(wanted);
        }
        let found = Cluster::find(&Access { kubeconfig, context })?;
        Ok(found.map(|cluster| -> Box<dyn ClusterEdge> { Box::new(cluster) }))
    }
}

/// Lets time pass in a cluster that runs as well as on the simulated host.
struct BothClocks<'a>(&'a SimHost);

impl Clock for BothClocks<'_> {
    fn now(&self) -> Duration {
        SystemClock.now()
    }

    fn sleep(&self, time: Duration) {
        let Self(host) = self;
        SystemClock.sleep(time);
        host.sleep(time);
    }

    fn interrupted(&self) -> bool {
        let Self(host) = self;
        host.interrupted()
    }
}

/// Runs vfctl on the simulated host; its state folder lies beside the world's file.
fn run_on(host: &SimHost, file: &Path, arguments: &[OsString]) -> anyhow::Result<Exit> {
    let given = std::iter::once(OsString::from("vfctl")).chain(arguments.iter().cloned());
    let mut console = Console {
        out: &mut stdout().lock(),
        err: &mut stderr(),
        can_ask: false,
        terminal: Terminal::default(),
    };
    let both = BothClocks(host);
    let has_cluster = arguments.iter().any(|argument| argument == "--kubeconfig");
    let machine = Machine {
        name: name()?,
        observe: host,
        perform: host,
        traffic: host,
        connect: &NamedCluster,
        clock: if has_cluster { &both } else { host },
        state_dir: file.with_extension("state"),
    };
    Ok(run(given, &mut console, || Ok(machine)))
}

/// Returns what the simulated host is called.
fn name() -> anyhow::Result<HostName> {
    Ok("lab".parse()?)
}

fn load(file: &Path) -> anyhow::Result<SimWorld> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read `{}`", file.display()))?;
    Ok(SimWorld::load(&text)?)
}

fn save(file: &Path, world: SimWorld) -> anyhow::Result<()> {
    std::fs::write(file, world.save()?).with_context(|| format!("write `{}`", file.display()))
}
