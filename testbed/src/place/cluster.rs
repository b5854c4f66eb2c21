//! A cluster as a place: vfctl runs in its workers, kubectl here.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Place, PlaceError};
use crate::cluster::worker::Running;
use crate::cluster::{Cluster, ClusterError, Kubectl, Provider, Worker, reset};
use crate::guest::Output;
use crate::lab::SHARE;
use crate::machine::monitor::Wire;
use crate::roles::Roles;
use crate::scenario::{Only, hand};

/// How long one command may take; vfctl itself waits three minutes for what a node offers.
const LIMIT: Duration = Duration::from_secs(600);

/// The workers of a cluster that runs, and its API server.
#[derive(Debug)]
pub struct Workers {
    provider: Arc<dyn Provider>,
    cluster: Cluster,
    kubectl: Kubectl,
    workers: Vec<Worker>,
    /// The index of the worker in which steps happen.
    current: usize,
    roles: Roles,
    runs: u32,
    /// Whether a scenario ended without putting everything back.
    unclean: bool,
    /// Why no scenario can run any more: what was broken could not be put back.
    lost: Option<String>,
    started: Option<(usize, Running)>,
    /// Where kubectl finds a scenario's files.
    scratch: tempfile::TempDir,
}

impl Workers {
    /// Connects to a cluster that runs.
    ///
    /// # Errors
    ///
    /// When a worker cannot be reached.
    pub fn open(provider: Arc<dyn Provider>) -> Result<Self, PlaceError> {
        let cluster = provider.running()?;
        let workers = cluster.workers.iter().map(Worker::connect).collect::<Result<Vec<_>, _>>()?;
        let roles = cluster
            .workers
            .first()
            .map(|access| access.roles.clone())
            .ok_or_else(|| PlaceError::Unable("run scenarios: the cluster has no workers".to_owned()))?;
        let scratch = tempfile::tempdir().map_err(|source| PlaceError::Host {
            attempt: "make a folder for scenarios".to_owned(),
            source,
        })?;
        Ok(Self {
            kubectl: Kubectl::of(&cluster),
            provider,
            cluster,
            workers,
            current: 0,
            roles,
            runs: 0,
            unclean: false,
            lost: None,
            started: None,
            scratch,
        })
    }

    fn worker(&mut self, index: usize) -> Result<&mut Worker, PlaceError> {
        self.workers.get_mut(index).ok_or_else(|| PlaceError::Unable(format!("find worker-{}", index + 1)))
    }

    fn work(&self) -> String {
        format!("work-{}", self.runs)
    }

    fn run(&mut self, command: &str) -> Result<Output, PlaceError> {
        let dir = format!("{SHARE}/{}", self.work());
        Ok(self.worker(self.current)?.run(command, &dir, LIMIT)?)
    }

    /// The working folder of the scenario on this machine: kubectl's, then each worker's.
    fn folders(&self) -> Vec<PathBuf> {
        let shares = self.cluster.workers.iter().map(|worker| worker.share.join(self.work()));
        std::iter::once(self.scratch.path().join(self.work())).chain(shares).collect()
    }

    /// Ends what was started, joins wires, resets cluster and workers.
    fn put_back(&mut self) -> Result<(), PlaceError> {
        if let Some((index, running)) = self.started.take() {
            let worker = self.worker(index)?;
            worker.signal(&running, nix::libc::SIGKILL)?;
            worker.wait(&running)?;
        }
        for index in 0..self.workers.len() {
            let worker = self.worker(index)?;
            let roles: Vec<_> = worker.access().roles.keys().cloned().collect();
            for role in roles {
                worker.set_wire(&role, Wire::Joined)?;
            }
        }
        match reset::reset(&self.cluster, &self.kubectl, &mut self.workers) {
            Ok(None) => Ok(()),
            Ok(Some(left)) => Err(PlaceError::LeftBehind(left)),
            Err(error @ ClusterError::TooSlow { .. }) => Err(PlaceError::LeftBehind(error.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    fn set_wire(&mut self, interface: &str, state: &str) -> Result<Output, PlaceError> {
        let role = self.roles.iter().find(|(_, device)| device.interface.as_deref() == Some(interface));
        let Some((role, _)) = role.map(|(role, device)| (role.clone(), device)) else {
            return Err(PlaceError::Unable(format!("{interface} has no wire that can be cut")));
        };
        let wire = match state {
            "on" => Wire::Joined,
            "off" => Wire::Cut,
            _ => return Err(PlaceError::Unable(format!("a carrier is on or off, not {state}"))),
        };
        self.worker(self.current)?.set_wire(&role, wire)?;
        self.run(&format!("/share/hand await-carrier {interface} {state}"))
    }
}

fn nothing_started() -> PlaceError {
    PlaceError::Unable("nothing was started".to_owned())
}

impl Place for Workers {
    fn name(&self) -> &'static str {
        "cluster"
    }

    fn refuses(&self, only: &Only) -> Option<String> {
        match only {
            Only::Kernel(why) | Only::Simulator(why) => Some(why.clone()),
        }
    }

    fn roles(&self) -> &Roles {
        &self.roles
    }

    fn begin(&mut self) -> Result<(), PlaceError> {
        // One that has ended says why; whoever asks its workers hears only that nobody answers.
        self.provider.running()?;
        if let Some(why) = &self.lost {
            return Err(PlaceError::Unable(format!("find the cluster fit for a scenario: before, {why}")));
        }
        if self.unclean {
            // A worker that does not answer would be waited for by each scenario that comes.
            self.put_back().inspect_err(|error| self.lost = Some(error.to_string()))?;
            self.unclean = false;
        }
        self.runs += 1;
        self.current = 0;
        self.started = None;
        for folder in self.folders() {
            // What a run before this one has left under the same name is not this scenario's.
            drop(fs::remove_dir_all(&folder));
            fs::create_dir_all(&folder).map_err(|source| PlaceError::Host {
                attempt: format!("make {}", folder.display()),
                source,
            })?;
        }
        Ok(())
    }

    fn put(&mut self, name: &str, text: &str) -> Result<(), PlaceError> {
        for folder in self.folders() {
            fs::write(folder.join(name), text)
                .map_err(|source| PlaceError::Host { attempt: format!("write {name}"), source })?;
        }
        Ok(())
    }

    fn vfctl(&mut self, arguments: &str) -> Result<Output, PlaceError> {
        self.run(&format!("exec vfctl {arguments}"))
    }

    fn record(&mut self) -> Result<Output, PlaceError> {
        self.vfctl("record")
    }

    fn kubectl(&mut self, arguments: &str) -> Result<Output, PlaceError> {
        Ok(self.kubectl.shell(arguments, &self.scratch.path().join(self.work()))?)
    }

    fn turn_to(&mut self, worker: Option<u8>) -> Result<(), PlaceError> {
        self.current = worker.map_or(0, |number| usize::from(number).saturating_sub(1));
        self.worker(self.current).map(|_| ())
    }

    fn hand(&mut self, words: &str) -> Result<Output, PlaceError> {
        if let Some((device, state)) = hand::as_carrier(words) {
            return self.set_wire(device, state);
        }
        self.run(&format!("/share/hand {words}"))
    }

    fn shell(&mut self, command: &str) -> Result<Option<Output>, PlaceError> {
        self.run(command).map(Some)
    }

    fn start(&mut self, arguments: &str) -> Result<(), PlaceError> {
        let dir = format!("{SHARE}/{}", self.work());
        let index = self.current;
        let running = self.worker(index)?.start(&format!("exec vfctl {arguments}"), &dir, LIMIT)?;
        self.started = Some((index, running));
        Ok(())
    }

    fn interrupt(&mut self) -> Result<(), PlaceError> {
        let (index, running) = self.started.clone().ok_or_else(nothing_started)?;
        Ok(self.worker(index)?.signal(&running, nix::libc::SIGINT)?)
    }

    fn wait(&mut self) -> Result<Output, PlaceError> {
        let (index, running) = self.started.take().ok_or_else(nothing_started)?;
        Ok(self.worker(index)?.wait(&running)?)
    }

    fn end(&mut self) -> Result<(), PlaceError> {
        let ended = self.put_back();
        self.unclean = ended.is_err();
        ended
    }

    /// There is one cluster: what broke is put back before the next scenario begins, as far as that works.
    fn give_up(&mut self) {
        self.unclean = true;
    }
}
