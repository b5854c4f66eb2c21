//! Prints this host's facts as JSON, or performs ops given as JSON: the edge alone, without plan.
//!
//! `facts` prints the host, `facts system` the machine alone, `facts pf ADDRESS` one PF, `facts perform SECONDS JSON` the outcomes of a list of ops
//! (`-` for standard input), `facts interrupted` whether a signal came within seconds; `facts deaf` never asks.
#![allow(clippy::disallowed_methods, reason = "a program for trying the edge")]

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use vfctl_host::{HostOptions, LinuxHost, SystemClock, host_name, install_signal_handlers, run_store_child};
use vfctl_port::{Bounds, Clock, Observe, Observed, Op, Perform, Scope, What, World};

/// How long a read that can hang may take.
const READ_LIMIT: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    if let Some(code) = run_store_child(std::env::args_os().skip(1)) {
        return code;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("facts: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let host = LinuxHost::new(host_name()?, HostOptions::default());
    let scope = Scope::Host(host.name().clone());
    let observe = |what: &What| timed(|| host.observe(&scope, what, READ_LIMIT));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let text = match words.as_slice() {
        [] => {
            let mut world = World::empty();
            world.learn(&scope, observe(&What::Whole)?);
            serde_json::to_string_pretty(&world)?
        }
        ["system"] => match observe(&What::System)? {
            Observed::System(facts) => serde_json::to_string_pretty(&facts)?,
            other => return Err(format!("not the system: {other:?}").into()),
        },
        ["pf", address] => match observe(&What::Pf(address.parse()?))? {
            Observed::Pf(_, facts) => serde_json::to_string_pretty(&facts)?,
            other => return Err(format!("not the PF: {other:?}").into()),
        },
        ["perform", seconds, ops] => {
            let ops = match *ops {
                "-" => std::io::read_to_string(std::io::stdin())?,
                ops => ops.to_owned(),
            };
            let ops: Vec<Op> = serde_json::from_str(&ops)?;
            let limit = Duration::from_secs(seconds.parse()?);
            serde_json::to_string_pretty(&timed(|| host.perform(&scope, &ops, Bounds::only(limit))))?
        }
        ["interrupted"] => {
            install_signal_handlers()?;
            let mut came = SystemClock.interrupted();
            println!("waiting");
            let end = SystemClock.now() + Duration::from_secs(3);
            while !came && SystemClock.now() < end {
                SystemClock.sleep(Duration::from_millis(20));
                came = SystemClock.interrupted();
            }
            came.to_string()
        }
        ["deaf"] => {
            install_signal_handlers()?;
            println!("waiting");
            SystemClock.sleep(Duration::from_secs(3));
            "nobody asked".to_owned()
        }
        _ => {
            return Err(
                "usage: facts [system | pf ADDRESS | perform SECONDS OPS | interrupted | deaf]".into()
            );
        }
    };
    println!("{text}");
    Ok(())
}

/// Does the work and says how long it took.
fn timed<T>(work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    eprintln!("{:.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    result
}
