//! A cluster's API server alone as a place: no worker is the testbed's, vfctl and kubectl run here.
//!
//! Others may use the cluster, so what a scenario makes is known by its labels: see `cluster::own`.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};

use super::{Place, PlaceError};
use crate::cluster::{Cluster, Front, Kubectl, Provider, fault, front, own};
use crate::guest::Output;
use crate::roles::Roles;
use crate::scenario::{Only, Scenario};

/// How long vfctl may take.
const LIMIT: Duration = Duration::from_secs(240);

/// The API server of a cluster that runs.
#[derive(Debug)]
pub struct Api {
    provider: Arc<dyn Provider>,
    cluster: Cluster,
    kubectl: Kubectl,
    roles: Roles,
    runs: u32,
    /// Where the scenarios' files are, and vfctl's state.
    scratch: tempfile::TempDir,
    /// What stands in front of the API server, once a scenario has asked for it.
    front: Option<Front>,
    /// The port of a server that takes connections and never says a word.
    silent: u16,
    started: Option<Child>,
}

impl Api {
    /// The API server of the provider's cluster.
    ///
    /// # Errors
    ///
    /// When none runs.
    pub fn open(provider: Arc<dyn Provider>) -> Result<Self, PlaceError> {
        let cluster = provider.running()?;
        let scratch = tempfile::tempdir().map_err(|source| PlaceError::Host {
            attempt: "make a folder for scenarios".to_owned(),
            source,
        })?;
        let kubectl = Kubectl::of(&cluster);
        let silent = front::silent()?;
        let roles = Roles::new();
        Ok(Self { provider, cluster, kubectl, roles, runs: 0, scratch, front: None, silent, started: None })
    }

    /// What shell commands find in their environment.
    fn environment(&self) -> [(&'static str, PathBuf); 4] {
        let front = self.front.as_ref().map(Front::kubeconfig).unwrap_or_default();
        [
            ("VFCTL", self.cluster.programs.join("vfctl")),
            ("VFCTL_STATE_DIR", self.work().join("state")),
            ("FRONT", front),
            ("SILENT", self.silent.to_string().into()),
        ]
    }

    /// Runs a shell command.
    fn script(&self, command: &str) -> Result<Output, PlaceError> {
        let environment = self.environment();
        let environment: Vec<_> = environment.iter().map(|(name, path)| (*name, path.as_path())).collect();
        Ok(self.kubectl.script(command, &self.work(), &environment, LIMIT)?)
    }

    fn work(&self) -> PathBuf {
        self.scratch.path().join(format!("work-{}", self.runs))
    }
}

fn no_worker() -> PlaceError {
    PlaceError::Unable("do something in a worker: none is the testbed's".to_owned())
}

fn nothing_started() -> PlaceError {
    PlaceError::Unable("nothing was started".to_owned())
}

fn failed(attempt: &str) -> impl FnOnce(io::Error) -> PlaceError + use<> {
    let attempt = attempt.to_owned();
    |source| PlaceError::Host { attempt, source }
}

impl Place for Api {
    fn name(&self) -> &'static str {
        "cluster"
    }

    fn refuses(&self, only: &Only) -> Option<String> {
        match only {
            Only::Kernel(why) | Only::Simulator(why) => Some(why.clone()),
        }
    }

    fn lacks(&self, scenario: &Scenario) -> Option<String> {
        let workers = scenario.cluster.filter(|workers| *workers > 0)?;
        Some(format!("it needs {workers} of the testbed's workers, and this cluster has none of them"))
    }

    fn roles(&self) -> &Roles {
        &self.roles
    }

    fn begin(&mut self) -> Result<(), PlaceError> {
        self.provider.running()?;
        self.runs += 1;
        let work = self.work();
        fs::create_dir_all(&work)
            .map_err(|source| PlaceError::Host { attempt: format!("make {}", work.display()), source })
    }

    fn put(&mut self, name: &str, text: &str) -> Result<(), PlaceError> {
        fs::write(self.work().join(name), text)
            .map_err(|source| PlaceError::Host { attempt: format!("write {name}"), source })
    }

    fn vfctl(&mut self, arguments: &str) -> Result<Output, PlaceError> {
        self.script(&format!("exec \"$VFCTL\" {arguments}"))
    }

    fn record(&mut self) -> Result<Output, PlaceError> {
        self.vfctl("record")
    }

    fn kubectl(&mut self, arguments: &str) -> Result<Output, PlaceError> {
        self.script(&format!("exec kubectl {arguments}"))
    }

    fn hand(&mut self, _words: &str) -> Result<Output, PlaceError> {
        Err(no_worker())
    }

    fn shell(&mut self, _command: &str) -> Result<Option<Output>, PlaceError> {
        Err(no_worker())
    }

    fn front(&mut self, words: &str) -> Result<(), PlaceError> {
        let order = fault::parse(words).ok_or_else(|| {
            PlaceError::Unable(format!("understand `api: {words}`; known: {}", fault::WORDS))
        })?;
        let front = match &mut self.front {
            Some(front) => front,
            none => none.insert(Front::start(&self.kubectl, self.scratch.path())?),
        };
        Ok(front.obey(order)?)
    }

    fn start(&mut self, arguments: &str) -> Result<(), PlaceError> {
        let environment = self.environment();
        let environment: Vec<_> = environment.iter().map(|(name, path)| (*name, path.as_path())).collect();
        let mut command =
            self.kubectl.prepared(&format!("exec \"$VFCTL\" {arguments}"), &self.work(), &environment)?;
        let file = |name: &str| File::create(self.work().join(name)).map_err(failed("write what vfctl says"));
        let command = command.stdin(Stdio::null()).stdout(file("stdout")?).stderr(file("stderr")?);
        self.started = Some(command.spawn().map_err(failed("start vfctl"))?);
        Ok(())
    }

    fn interrupt(&mut self) -> Result<(), PlaceError> {
        let child = self.started.as_ref().ok_or_else(nothing_started)?;
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT)
            .map_err(|error| failed("interrupt vfctl")(error.into()))
    }

    fn wait(&mut self) -> Result<Output, PlaceError> {
        let mut child = self.started.take().ok_or_else(nothing_started)?;
        let started = Instant::now();
        let code = loop {
            match child.try_wait().map_err(failed("wait for vfctl"))? {
                Some(status) => break Some(status.code().unwrap_or(-1)),
                None if started.elapsed() > LIMIT => {
                    child.kill().and_then(|()| child.wait()).map_err(failed("end vfctl"))?;
                    break None;
                }
                None => thread::sleep(Duration::from_millis(20)),
            }
        };
        let read =
            |name: &str| fs::read_to_string(self.work().join(name)).map_err(failed("read what vfctl said"));
        Ok(Output { code, stdout: read("stdout")?, stderr: read("stderr")? })
    }

    fn end(&mut self) -> Result<(), PlaceError> {
        if self.started.is_some() {
            self.wait()?;
        }
        if let Some(front) = &mut self.front {
            front.obey(fault::Order::Well)?;
        }
        match own::take_back(&self.kubectl, &self.cluster.world)? {
            None => Ok(()),
            Some(left) => Err(PlaceError::LeftBehind(left)),
        }
    }

    /// What is there is taken back at the end of the next scenario, or when the cluster is stopped.
    fn give_up(&mut self) {}
}
