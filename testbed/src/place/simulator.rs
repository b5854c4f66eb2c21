//! The simulator as a place: each step is one process of `vfctl-sim`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Place, PlaceError};
use crate::guest::Output;
use crate::roles::Roles;
use crate::scenario::Only;

/// How long one step may take.
const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// The simulator as a place.
#[derive(Debug)]
pub struct Simulator {
    program: PathBuf,
    facts: PathBuf,
    roles: Roles,
    scratch: TempDir,
    runs: u32,
}

impl Simulator {
    /// A simulator whose worlds begin with these facts, in which devices have
    /// these roles.
    ///
    /// # Errors
    ///
    /// When there is no place for its files.
    pub fn open(program: &Path, facts: &Path, roles: Roles) -> Result<Self, PlaceError> {
        let scratch = tempfile::tempdir().map_err(host("make a folder for simulated worlds"))?;
        Ok(Self { program: program.to_owned(), facts: facts.to_owned(), roles, scratch, runs: 0 })
    }

    fn folder(&self) -> PathBuf {
        self.scratch.path().join(format!("work-{}", self.runs))
    }

    /// Runs `vfctl-sim` with further words as a shell reads them: quotes and
    /// a redirection mean the same as in the guest.
    fn run(&self, words: &str) -> Result<Output, PlaceError> {
        let path = |ending: &str| self.scratch.path().join(format!("work-{}.{ending}", self.runs));
        let (stdout, stderr) = (path("out"), path("err"));
        let create = |path: &Path| File::create(path).map_err(host("keep an output"));
        let mut child = Command::new("/bin/sh")
            .args(["-c", &format!("exec \"$VFCTL_SIM\" --world \"$WORLD\" {words}")])
            .env("VFCTL_SIM", &self.program)
            .env("WORLD", path("world"))
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .stdout(create(&stdout)?)
            .stderr(create(&stderr)?)
            .spawn()
            .map_err(host("start vfctl-sim"))?;
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(host("wait for vfctl-sim"))? {
                break Some(status);
            }
            if started.elapsed() > LIMIT {
                child.kill().map_err(host("kill vfctl-sim"))?;
                child.wait().map_err(host("wait for vfctl-sim"))?;
                break None;
            }
            thread::sleep(POLL);
        };
        let read = |path: &Path| fs::read_to_string(path).map_err(host("read an output"));
        // -1 for a signal, which no scenario expects.
        let code = status.map(|status: ExitStatus| status.code().unwrap_or(-1));
        Ok(Output { code, stdout: read(&stdout)?, stderr: read(&stderr)? })
    }
}

fn host(attempt: &str) -> impl FnOnce(io::Error) -> PlaceError {
    move |source| PlaceError::Host { attempt: attempt.to_owned(), source }
}

fn kernel_alone() -> PlaceError {
    PlaceError::Unable("the simulator runs one step at a time".to_owned())
}

impl Place for Simulator {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn refuses(&self, only: &Only) -> Option<String> {
        match only {
            Only::Simulator(_) => None,
            Only::Kernel(why) => Some(why.clone()),
        }
    }

    fn roles(&self) -> &Roles {
        &self.roles
    }

    fn begin(&mut self) -> Result<(), PlaceError> {
        self.runs += 1;
        fs::create_dir(self.folder()).map_err(host("make a working folder"))?;
        let facts = fs::canonicalize(&self.facts).map_err(host("find the recorded facts"))?;
        let output = self.run(&format!("new '{}'", facts.display()))?;
        if output.is_success() {
            Ok(())
        } else {
            Err(PlaceError::Unable(format!("make a simulated world: {}", output.stderr.trim())))
        }
    }

    fn put(&mut self, name: &str, text: &str) -> Result<(), PlaceError> {
        fs::write(self.folder().join(name), text).map_err(host("write a file of the scenario"))
    }

    fn vfctl(&mut self, arguments: &str) -> Result<Output, PlaceError> {
        self.run(&format!("vfctl {arguments}"))
    }

    fn record(&mut self) -> Result<Output, PlaceError> {
        self.vfctl("record")
    }

    fn hand(&mut self, words: &str) -> Result<Output, PlaceError> {
        self.run(&format!("hand {words}"))
    }

    fn shell(&mut self, _command: &str) -> Result<Option<Output>, PlaceError> {
        Ok(None)
    }

    fn start(&mut self, _arguments: &str) -> Result<(), PlaceError> {
        Err(kernel_alone())
    }

    fn interrupt(&mut self) -> Result<(), PlaceError> {
        Err(kernel_alone())
    }

    fn wait(&mut self) -> Result<Output, PlaceError> {
        Err(kernel_alone())
    }

    fn end(&mut self) -> Result<(), PlaceError> {
        Ok(())
    }

    /// Each scenario has a world of its own.
    fn give_up(&mut self) {}
}
