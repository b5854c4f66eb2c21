//! Prints this host's facts as JSON, or performs ops given as JSON: the edge alone, without plan.
//!
//! `facts` prints the host, `facts pf ADDRESS` one PF, `facts perform SECONDS JSON` the outcomes of a list of ops.
#![allow(clippy::disallowed_methods, reason = "a program for trying the edge")]

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use vfctl_host::{HostOptions, LinuxHost, host_name, run_store_child};
use vfctl_port::{Observe, Op, Perform, World};

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
    let host = LinuxHost::new(HostOptions::default());
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let start = Instant::now();
    let text = match words.as_slice() {
        [] => serde_json::to_string_pretty(&World::of_host(host_name()?, host.observe_host()?))?,
        ["pf", address] => serde_json::to_string_pretty(&host.observe_pf(&address.parse()?)?)?,
        ["perform", seconds, ops] => {
            let ops: Vec<Op> = serde_json::from_str(ops)?;
            serde_json::to_string_pretty(&host.perform(&ops, Duration::from_secs(seconds.parse()?)))?
        }
        _ => return Err("usage: facts [pf ADDRESS | perform SECONDS OPS]".into()),
    };
    eprintln!("{:.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    println!("{text}");
    Ok(())
}
