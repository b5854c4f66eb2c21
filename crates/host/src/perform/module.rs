//! Loading a kernel module, by the one program that knows how.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use vfctl_model::ModuleName;
use vfctl_port::Outcome;

use crate::errno::{io_cause, own_refusal};
use crate::roots::Roots;

/// Where distributions keep it. Not searched by `PATH`: what runs as root is named in full.
const PLACES: [&str; 3] = ["/sbin/modprobe", "/usr/sbin/modprobe", "/usr/bin/modprobe"];

/// Runs `modprobe -- NAME` and waits for it until `limit`; after that it is left to itself.
pub(crate) fn load_module(roots: &Roots, module: &ModuleName, limit: Duration) -> Outcome {
    let Some(program) = PLACES.iter().map(|place| roots.path(place)).find(|place| place.is_file()) else {
        return Outcome::Refused(own_refusal(format!("{}: no such program", PLACES.join(", "))));
    };
    let (sender, receiver) = mpsc::channel();
    let name = module.clone();
    let runner = thread::Builder::new().name("modprobe".to_owned()).spawn(move || {
        // Nobody listens any more where the limit has passed.
        drop(sender.send(run(&program, &name)));
    });
    if let Err(error) = runner {
        return Outcome::Refused(own_refusal(format!("start a thread: {}", io_cause(&error))));
    }
    receiver.recv_timeout(limit).unwrap_or_else(|_| {
        Outcome::Unknown(format!("modprobe of {module} has not ended within {} s", limit.as_secs()))
    })
}

fn run(program: &Path, module: &ModuleName) -> Outcome {
    let started = Command::new(program)
        .args(["--", module.as_str()])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            return Outcome::Refused(own_refusal(format!(
                "start {}: {}",
                program.display(),
                io_cause(&error)
            )));
        }
    };
    let mut words = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        // Without its words the exit status still tells.
        drop(stderr.read_to_string(&mut words));
    }
    match child.wait() {
        Ok(status) if status.success() => Outcome::Done,
        Ok(status) => {
            let mut refused = own_refusal(format!("modprobe: {status}"));
            refused.detail = Some(words.trim().to_owned()).filter(|words| !words.is_empty());
            Outcome::Refused(refused)
        }
        Err(error) => Outcome::Unknown(format!("modprobe: {}", io_cause(&error))),
    }
}
