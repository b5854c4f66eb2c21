//! kubectl with admin rights, inside a time limit.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, thread};

use super::process::{must_run, run_within};
use super::provider::{Cluster, ClusterError};
use crate::guest::Output;
use crate::patience;

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(300);

/// kubectl of a cluster.
#[derive(Debug, Clone)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    /// This program, with these rights.
    pub fn new(program: &Path, kubeconfig: &Path) -> Self {
        Self { program: program.to_owned(), kubeconfig: kubeconfig.to_owned() }
    }

    /// kubectl of a cluster that runs.
    pub fn of(cluster: &Cluster) -> Self {
        Self::new(&cluster.kubectl, &cluster.kubeconfig)
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command with the given words.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("KUBECONFIG", &self.kubeconfig);
        command
    }

    /// Runs kubectl, which must work; returns what it printed.
    ///
    /// # Errors
    ///
    /// When it fails or takes too long.
    pub fn run(&self, arguments: &[&str]) -> Result<String, ClusterError> {
        must_run(&mut self.command(arguments), LIMIT, &format!("kubectl {}", arguments.join(" ")))
    }

    /// Runs kubectl with words as a shell reads them, in a folder.
    ///
    /// # Errors
    ///
    /// When it cannot be run at all.
    pub fn shell(&self, words: &str, dir: &Path) -> Result<Output, ClusterError> {
        self.script(&format!("exec kubectl {words}"), dir, &[], LIMIT)
    }

    /// Runs a shell command that finds the cluster and kubectl, in a folder.
    ///
    /// # Errors
    ///
    /// When it cannot be run at all.
    pub fn script(
        &self,
        script: &str,
        dir: &Path,
        environment: &[(&str, &Path)],
        limit: Duration,
    ) -> Result<Output, ClusterError> {
        let mut command = self.prepared(script, dir, environment)?;
        Ok(match run_within(&mut command, limit, script)? {
            None => Output { code: None, stdout: String::new(), stderr: String::new() },
            Some(output) => Output {
                // -1 for a signal, which no scenario expects.
                code: Some(output.status.code().unwrap_or(-1)),
                stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
                stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            },
        })
    }

    /// Returns a shell command that finds the cluster and kubectl, in a folder; nothing runs yet.
    ///
    /// # Errors
    ///
    /// When there is no search path for it.
    pub fn prepared(
        &self,
        script: &str,
        dir: &Path,
        environment: &[(&str, &Path)],
    ) -> Result<Command, ClusterError> {
        let mut command = Command::new("/bin/sh");
        let path = env::var_os("PATH").unwrap_or_default();
        let own = self.program.parent().unwrap_or(Path::new("/")).to_owned();
        let path = env::join_paths(std::iter::once(own).chain(env::split_paths(&path)))
            .map_err(|error| ClusterError::Unable(format!("make a search path for kubectl: {error}")))?;
        command
            .args(["-c", script])
            .envs(environment.iter().copied())
            .env("KUBECONFIG", &self.kubeconfig)
            .env("PATH", path)
            .current_dir(dir);
        Ok(command)
    }

    /// Asks until the answer is as wanted.
    ///
    /// # Errors
    ///
    /// When it is not in time, with the last answer.
    pub fn wait_for(
        &self,
        what: &str,
        limit: Duration,
        arguments: &[&str],
        mut between: impl FnMut() -> Result<(), ClusterError>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), ClusterError> {
        let started = Instant::now();
        let mut said = String::new();
        while started.elapsed() < patience::stretched(limit) {
            between()?;
            said = match self.run(arguments) {
                Ok(answer) if wanted(&answer) => return Ok(()),
                Ok(answer) => answer,
                Err(error @ ClusterError::GivenUp { .. }) => return Err(error),
                Err(error) => error.to_string(),
            };
            thread::sleep(POLL);
        }
        Err(ClusterError::TooSlow { what: what.to_owned(), limit: started.elapsed(), said })
    }
}
