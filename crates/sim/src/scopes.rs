//! Several simulated hosts and their cluster as one edge: each call goes to the scope that it names.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vfctl_model::HostName;
use vfctl_port::{
    Bounds, Clock, ClusterFacts, EdgeError, FactsFormat, Journal, JournalEntry, Observe, Observed, Op,
    OpError, Outcome, Perform, Scope, What, World,
};

use crate::cluster::SimCluster;
use crate::hand::Hand;
use crate::host::SimHost;
use crate::interrupt::Interrupt;
use crate::perform;
use crate::stop::Stop;
use crate::world::SimWorld;

/// Simulated hosts by their names, and the cluster that they are nodes of, where there is one.
#[derive(Debug)]
pub struct SimScopes {
    hosts: BTreeMap<HostName, SimHost>,
    cluster: Option<SimCluster>,
    interrupt: Interrupt,
    shared: Mutex<Shared>,
}

/// What belongs to no single host.
#[derive(Debug, Default)]
struct Shared {
    journal: Vec<JournalEntry>,
    /// How long the scopes have slept: their time where there is no host.
    slept: Duration,
}

/// What is at a scope.
enum Place<'a> {
    Host(&'a SimHost),
    Cluster(&'a SimCluster),
}

impl SimScopes {
    /// Returns these hosts and this cluster with an empty journal.
    pub fn new(hosts: BTreeMap<HostName, SimWorld>, cluster: Option<SimCluster>) -> Self {
        let hosts =
            hosts.into_iter().map(|(name, world)| (name.clone(), SimHost::new(name, world))).collect();
        Self { hosts, cluster, interrupt: Interrupt::default(), shared: Mutex::default() }
    }

    /// Returns the hosts' worlds, to be saved. The journal is not part of them.
    pub fn into_worlds(self) -> BTreeMap<HostName, SimWorld> {
        self.hosts.into_iter().map(|(name, host)| (name, host.into_world())).collect()
    }

    /// Does what another person does on a host, and lets that host settle.
    ///
    /// # Errors
    /// Where there is no such host, the kernel refuses it, or would never come back.
    pub fn by_hand(&self, host: &HostName, hand: &Hand) -> Result<(), OpError> {
        let found = self.hosts.get(host);
        found.ok_or_else(|| Stop::out_of_reach(&Scope::Host(host.clone())))?.by_hand(hand)
    }

    /// Changes the cluster as another person does; nothing where there is none.
    pub fn by_hand_in_cluster(&self, change: impl FnOnce(&mut ClusterFacts)) {
        if let Some(cluster) = &self.cluster {
            cluster.by_hand(change);
        }
    }

    /// Lets time pass until nothing is on its way any more on any host.
    pub fn settle(&self) {
        self.hosts.values().for_each(SimHost::settle);
    }

    /// Makes the user ask to stop after so many more ops, whichever host they are for.
    pub fn interrupt_after(&self, ops: u32) {
        self.interrupt.after(ops);
    }

    /// Returns what the journal holds.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.shared().journal.clone()
    }

    /// Returns what a reader sees of all scopes now.
    pub fn world(&self) -> World {
        World {
            format: FactsFormat::V1,
            hosts: self.hosts.iter().map(|(name, host)| (name.clone(), host.facts())).collect(),
            cluster: self.cluster.as_ref().map(SimCluster::facts),
        }
    }

    /// Returns what is at a scope; `None` where there is nothing.
    fn at(&self, scope: &Scope) -> Option<Place<'_>> {
        match scope {
            Scope::Host(name) => self.hosts.get(name).map(Place::Host),
            Scope::Cluster => self.cluster.as_ref().map(Place::Cluster),
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // A panic elsewhere leaves a whole journal; the test that panicked has failed already.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observe for SimScopes {
    fn observe(&self, scope: &Scope, what: &What, limit: Duration) -> Result<Observed, EdgeError> {
        match (self.at(scope), what) {
            (Some(Place::Host(host)), what) => host.observe(scope, what, limit),
            (Some(Place::Cluster(cluster)), what) => cluster.observe(what),
            (None, _) => Err(EdgeError::out_of_reach(scope)),
        }
    }
}

impl Perform for SimScopes {
    fn perform(&self, scope: &Scope, ops: &[Op], bounds: Bounds<'_>) -> Vec<Outcome> {
        match self.at(scope) {
            Some(Place::Host(host)) => host.perform_counted(scope, ops, bounds, &self.interrupt),
            Some(Place::Cluster(cluster)) => {
                let hosts = self.hosts.iter().map(|(name, host)| (name.clone(), host.facts())).collect();
                cluster.perform(ops, &hosts)
            }
            None => perform::refuse_all(ops, &Stop::out_of_reach(scope)),
        }
    }
}

/// One virtual time for all scopes: that of the host which has been busy longest. What a host is busy with takes only
/// its own time, as if all hosts worked at once.
impl Clock for SimScopes {
    fn now(&self) -> Duration {
        let slept = self.shared().slept;
        self.hosts.values().map(SimHost::now).fold(slept, Duration::max)
    }

    fn sleep(&self, time: Duration) {
        let mut shared = self.shared();
        shared.slept = shared.slept.saturating_add(time);
        self.hosts.values().for_each(|host| host.sleep(time));
    }

    fn interrupted(&self) -> bool {
        self.interrupt.is_due()
    }
}

impl Journal for SimScopes {
    fn record(&self, entry: &JournalEntry) -> Result<(), EdgeError> {
        self.shared().journal.push(entry.clone());
        Ok(())
    }
}
