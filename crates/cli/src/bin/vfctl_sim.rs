//! The same commands on a host in memory that is kept in a file between calls: for scenarios, not shipped.
//!
//! `vfctl-sim --world FILE new FACTS` makes it from recorded facts, `hand WORDS…` does what somebody else would
//! do, and `vfctl ARGS…` runs vfctl on it.

#![allow(clippy::disallowed_methods, reason = "the simulated host is kept in a file")]

use std::ffi::OsString;
use std::io::{stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use vfctl_cli::{Console, Exit, Machine, NoCluster, Terminal, run};
use vfctl_model::HostName;
use vfctl_port::World;
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

/// Runs vfctl on the simulated host; its state folder lies beside the world's file.
fn run_on(host: &SimHost, file: &Path, arguments: &[OsString]) -> anyhow::Result<Exit> {
    let arguments = std::iter::once(OsString::from("vfctl")).chain(arguments.iter().cloned());
    let mut console = Console {
        out: &mut stdout().lock(),
        err: &mut stderr(),
        can_ask: false,
        terminal: Terminal::default(),
    };
    let machine = Machine {
        name: name()?,
        observe: host,
        perform: host,
        connect: &NoCluster,
        clock: host,
        state_dir: file.with_extension("state"),
    };
    Ok(run(arguments, &mut console, || Ok(machine)))
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
