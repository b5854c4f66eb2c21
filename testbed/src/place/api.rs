//! A cluster's API server alone as a place: no worker is the testbed's, vfctl and kubectl run here.
//!
//! Others may use the cluster, so what a scenario makes is known by its labels: see `cluster::own`.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Place, PlaceError};
use crate::cluster::{Cluster, Kubectl, Provider, own};
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
        Ok(Self { provider, cluster, kubectl, roles: Roles::new(), runs: 0, scratch })
    }

    fn work(&self) -> PathBuf {
        self.scratch.path().join(format!("work-{}", self.runs))
    }
}

fn no_worker() -> PlaceError {
    PlaceError::Unable("do something in a worker: none is the testbed's".to_owned())
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
        let command = format!("exec \"$VFCTL\" {arguments}");
        let (program, state) = (self.cluster.programs.join("vfctl"), self.work().join("state"));
        let environment = [("VFCTL", program.as_path()), ("VFCTL_STATE_DIR", state.as_path())];
        Ok(self.kubectl.script(&command, &self.work(), &environment, LIMIT)?)
    }

    fn record(&mut self) -> Result<Output, PlaceError> {
        self.vfctl("record")
    }

    fn kubectl(&mut self, arguments: &str) -> Result<Output, PlaceError> {
        Ok(self.kubectl.shell(arguments, &self.work())?)
    }

    fn hand(&mut self, _words: &str) -> Result<Output, PlaceError> {
        Err(no_worker())
    }

    fn shell(&mut self, _command: &str) -> Result<Option<Output>, PlaceError> {
        Err(no_worker())
    }

    fn start(&mut self, _arguments: &str) -> Result<(), PlaceError> {
        Err(no_worker())
    }

    fn interrupt(&mut self) -> Result<(), PlaceError> {
        Err(no_worker())
    }

    fn wait(&mut self) -> Result<Output, PlaceError> {
        Err(no_worker())
    }

    fn end(&mut self) -> Result<(), PlaceError> {
        match own::take_back(&self.kubectl, &self.cluster.world)? {
            None => Ok(()),
            Some(left) => Err(PlaceError::LeftBehind(left)),
        }
    }

    /// What is there is taken back at the end of the next scenario, or when the cluster is stopped.
    fn give_up(&mut self) {}
}
