//! Running a program that ends by itself.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use vfctl_port::Outcome;

use super::work::Program;
use crate::errno::{io_cause, own_refusal};

/// Runs a program and waits for it until `limit`; after that it is left to itself.
pub(super) fn run_program(program: Program, limit: Duration) -> Outcome {
    let unfinished = format!("{} has not ended within {} s", program.purpose, limit.as_secs());
    let (sender, receiver) = mpsc::channel();
    let runner = thread::Builder::new().name("program".to_owned()).spawn(move || {
        // Nobody listens any more where the limit has passed.
        drop(sender.send(run(&program)));
    });
    if let Err(error) = runner {
        return Outcome::Refused(own_refusal(format!("start a thread: {}", io_cause(&error))));
    }
    receiver.recv_timeout(limit).unwrap_or(Outcome::Unknown(unfinished))
}

fn run(program: &Program) -> Outcome {
    let Program { executable, arguments, purpose: _ } = program;
    let name = executable.file_name().unwrap_or_default().display().to_string();
    let started = Command::new(executable)
        .args(arguments)
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
                executable.display(),
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
            let mut refused = own_refusal(format!("{name}: {status}"));
            refused.detail = Some(words.trim().to_owned()).filter(|words| !words.is_empty());
            Outcome::Refused(refused)
        }
        Err(error) => Outcome::Unknown(format!("{name}: {}", io_cause(&error))),
    }
}
