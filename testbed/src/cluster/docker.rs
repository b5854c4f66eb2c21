//! The docker that a kind cluster runs in: this machine's where one answers, otherwise one of the cluster's own.
//!
//! The cluster's own lives in namespaces that end with it: see `cluster/dockerd.sh`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::thread;
use std::time::{Duration, Instant};

use super::folder::Folder;
use super::process::{Process, must_run, run_within};
use super::provider::{ClusterError, host};
use crate::patience;

/// Starts a docker, and cleans up after one.
const SCRIPT: &str = "cluster/dockerd.sh";
/// How long a docker may take until it answers, and until it has ended.
const LIMIT: Duration = Duration::from_secs(60);
/// How long one short request may take.
const REQUEST: Duration = Duration::from_secs(60);
/// How long it may take to read an image.
const LOAD_LIMIT: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_millis(100);

/// A docker that answers. Dropping it ends it, where it is the cluster's own.
#[derive(Debug)]
pub struct Docker {
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    process: Process,
    socket: PathBuf,
    cgroup: String,
}

impl Docker {
    /// This machine's, where it answers.
    ///
    /// # Errors
    ///
    /// When docker is there and cannot be run.
    pub fn of_this_machine() -> Result<Option<Self>, ClusterError> {
        let docker = Self { own: None };
        let mut command = docker.command(Path::new("docker"));
        command.args(["version", "--format", "{{.Server.Version}}"]);
        match run_within(&mut command, REQUEST, "docker version") {
            Ok(output) => Ok(output.is_some_and(|output| output.status.success()).then_some(docker)),
            Err(ClusterError::Host { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Starts one for the cluster in a folder, in the network of the calling thread, and waits until it answers.
    ///
    /// # Errors
    ///
    /// When it ends or does not answer in time.
    pub fn start(folder: &Folder) -> Result<Self, ClusterError> {
        let dir = folder.file("docker");
        fs::create_dir_all(&dir).map_err(host(format!("make {}", dir.display())))?;
        let cgroup = format!("vfctl-kind-{}", process::id());
        let words = ["run".to_owned(), dir.display().to_string(), cgroup.clone()];
        let process = Process::start(&script(), &words, &folder.logs())?;
        let mut docker = Self { own: Some(Own { process, socket: dir.join("docker.sock"), cgroup }) };
        let started = Instant::now();
        loop {
            docker.check()?;
            let mut command = docker.command(Path::new("docker"));
            let output = run_within(command.arg("version"), REQUEST, "docker version")?;
            if output.as_ref().is_some_and(|output| output.status.success()) {
                return Ok(docker);
            }
            if started.elapsed() > patience::stretched(LIMIT) {
                let said = output.map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
                return Err(ClusterError::TooSlow {
                    what: "docker to answer".to_owned(),
                    limit: started.elapsed(),
                    said: said.unwrap_or_default(),
                });
            }
            thread::sleep(POLL);
        }
    }

    /// The cgroup of its containers, where it is the cluster's own.
    pub fn cgroup(&self) -> Option<&str> {
        self.own.as_ref().map(|own| own.cgroup.as_str())
    }

    /// A command that talks to this docker.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some(own) = &self.own {
            command.env("DOCKER_HOST", format!("unix://{}", own.socket.display()));
        }
        command
    }

    /// Runs docker with these words, which must work; returns what it printed.
    ///
    /// # Errors
    ///
    /// When it fails or takes too long.
    pub fn run(&self, words: &[&str]) -> Result<String, ClusterError> {
        let attempt = format!("docker {}", words.join(" "));
        must_run(self.command(Path::new("docker")).args(words), patience::stretched(REQUEST), &attempt)
    }

    /// Whether it has an image of this name.
    pub fn has_image(&self, name: &str) -> bool {
        self.run(&["image", "inspect", name]).is_ok()
    }

    /// Reads an image from an archive.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn load(&self, archive: &Path) -> Result<(), ClusterError> {
        let mut command = self.command(Path::new("docker"));
        command.args(["load", "--quiet", "--input"]).arg(archive);
        must_run(&mut command, patience::stretched(LOAD_LIMIT), "docker load").map(|_| ())
    }

    /// Fails when the cluster's own has ended.
    ///
    /// # Errors
    ///
    /// When it has, with what it said last.
    pub fn check(&mut self) -> Result<(), ClusterError> {
        self.own.as_mut().map_or(Ok(()), |own| own.process.check())
    }

    /// Ends the cluster's own, and waits until all that ran in it has gone.
    ///
    /// # Errors
    ///
    /// When something stays.
    pub fn end(self) -> Result<(), ClusterError> {
        let Some(Own { process, socket: _, cgroup }) = self.own else { return Ok(()) };
        // The first process of the namespace: the kernel lets it go after all others.
        let first = process.child_ids();
        drop(process);
        let started = Instant::now();
        while first.iter().any(|id| Path::new(&format!("/proc/{id}")).exists()) {
            if started.elapsed() > patience::stretched(LIMIT) {
                return Err(ClusterError::TooSlow {
                    what: "the end of docker".to_owned(),
                    limit: started.elapsed(),
                    said: format!("process {first:?} is still there"),
                });
            }
            thread::sleep(POLL);
        }
        clean(&cgroup)
    }
}

/// Removes what stays of a cluster's own docker that has ended or was killed: its containers' cgroups.
///
/// # Errors
///
/// When they are in use.
pub fn clean(cgroup: &str) -> Result<(), ClusterError> {
    let mut command = Command::new(script());
    must_run(command.args(["clean", cgroup]), LIMIT, "dockerd.sh clean").map(|_| ())
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT)
}
